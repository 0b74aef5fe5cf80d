/**
 * Flows given to the kernel: after a batch, those of its packets whose way depends on nothing but the bytes of a slot.
 *
 * What: a packet that came from, and goes to, an interface of the kernel's; through megaflows that the kernel could do (fitness.ts); as
 *   part of established connections or of none. What happened to it is read off its headers: before and after.
 * Which are worth it: those of which OFFLOAD_PATIENCE packets have come within seconds.
 * Invariants: TCP that has begun to close is never offloaded. A SYN with ACK may bring its direction's flow in: the kernel's
 *   program leaves every SYN to us all the same.
 */
import { CONN_PEER, CONN_PROTOCOL, CONN_STATE, PEER_SIZE, PEER_STATE, TCP_STATE_CLOSING } from "../layout/conntrack.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { count } from "../counters.ts";
import { portRecord } from "../io/port-record.ts";
import { plainPort } from "../io/transmit.ts";
import { COUNTER_OFFLOADED, COUNTER_OFFLOAD_FULL } from "../layout/counter.ts";
import { FITNESS_OUTPUTS, FITNESS_RECIRCULATES, HOLDING_USED_AT, OFFLOAD_HEADERS, OFFLOAD_PATIENCE, OFFLOAD_SEARCHES, OFFLOAD_SEEN_TABLE, PATH_CHANGES, PATH_CONNECTION, PATH_CONNECTIONS, PATH_FLOW, PATH_FLOWS, PATH_HEADERS, PATH_UNFIT, SLOTS } from "../layout/offload.ts";
import { PACKET_DATA, PACKET_FLAGS, PACKET_FLAG_TORN, PACKET_IN_PORT, PACKET_LENGTH, PACKET_SIZE } from "../layout/packet.ts";
import { PORT_IFINDEX } from "../layout/port.ts";
import { CONTROL_BASE, OFFLOAD_BASE } from "../memory.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../packet/protocol.ts";
import { writeAction } from "./action.ts";
import { countSlot } from "./count.ts";
import { fitnessOf, outputOf } from "./fitness.ts";
import { connectionOf, hold, holdingOf } from "./holding.ts";
import { pathOf } from "./path.ts";
import { identifySlot, isSlotOf, isSlotUsed, publishSlot, setOf, slotAddress } from "./slots.ts";
import { withdraw } from "./withdraw.ts";

/** IPv4 as Ethernet has it, and version 4 with a header of 20 bytes. */
const ETHERTYPE_IPV4: u16 = 0x0008;
const VERSION_AND_LENGTH: u8 = 0x45;
/** More fragments, or an offset. */
const FRAGMENT: u16 = 0xff3f;
const FIN_RST: u32 = 0x05;
const ACK: u32 = 0x10;
/** Milliseconds without a packet after which a flow makes room for another. */
const QUIET: u64 = 1000;
const NO_ROOM: u32 = SLOTS;

/** Looks at the packets of a batch that has left; their frames are still where they were. */
export function offerBatch(first: usize, packets: u32): void {
  store<u32>(OFFLOAD_BASE, 0, OFFLOAD_SEARCHES);
  for (let i: u32 = 0; i < packets; i++) {
    const packet = first + <usize>i * PACKET_SIZE;
    const path = pathOf(packet);
    const flows = load<u32>(path, PATH_FLOWS);
    if (flows == 0 || flows == <u32>PATH_UNFIT || !isCandidate(packet, path + PATH_HEADERS)) continue;
    const last: usize = load<u32>(path + (<usize>(flows - 1) << 2), PATH_FLOW);
    if (fitnessOf(last) == FITNESS_OUTPUTS && arePassedThrough(path, flows - 1) && areOpen(path)) offer(packet, path, outputOf(last));
  }
}

/** Whether the frame is one of those that the kernel's program looks up. */
@inline
function isCandidate(packet: usize, headers: usize): bool {
  if (load<u16>(headers, 12) != ETHERTYPE_IPV4 || load<u8>(headers, 14) != VERSION_AND_LENGTH) return false;
  if ((load<u16>(headers, 20) & FRAGMENT) != 0 || load<u32>(packet, PACKET_LENGTH) < <u32>OFFLOAD_HEADERS) return false;
  if ((load<u16>(packet, PACKET_FLAGS) & PACKET_FLAG_TORN) != 0) return false;
  const protocol: u32 = load<u8>(headers, 23);
  if (protocol == PROTOCOL_UDP) return true;
  return protocol == PROTOCOL_TCP && ((<u32>load<u8>(headers, 47)) & (ACK | FIN_RST)) == ACK;
}

/** Whether the first `flows` megaflows of a path only track, edit and look up again. */
@inline
function arePassedThrough(path: usize, flows: u32): bool {
  for (let i: usize = 0; i < <usize>flows << 2; i += 4) {
    if (fitnessOf(load<u32>(path + i, PATH_FLOW)) != FITNESS_RECIRCULATES) return false;
  }
  return true;
}

/**
 * Whether the connections of the path are what they were when it met them, mark and label included, and none has begun to close: this
 * packet, or another one of the batch, may have changed them.
 */
@inline
function areOpen(path: usize): bool {
  const connections = load<u32>(path, PATH_CONNECTIONS);
  let changes: u32 = 0;
  for (let i: usize = 0; i < <usize>connections << 2; i += 4) {
    const connection = connectionOf(load<u32>(path + i, PATH_CONNECTION));
    changes += load<u32>(connection, CONN_STATE);
    if (load<u8>(connection, CONN_PROTOCOL) != PROTOCOL_TCP) continue;
    const furthest = max(load<u8>(connection, CONN_PEER + PEER_STATE), load<u8>(connection, CONN_PEER + PEER_SIZE + PEER_STATE));
    if (<i32>furthest >= TCP_STATE_CLOSING) return false;
  }
  return changes == load<u32>(path, PATH_CHANGES);
}

function offer(packet: usize, path: usize, outPort: u32): void {
  const inPort = load<u32>(packet, PACKET_IN_PORT);
  const from = load<u32>(portRecord(inPort), PORT_IFINDEX);
  const out = plainPort(outPort);
  if (from == 0 || out == 0 || load<u32>(out, PORT_IFINDEX) == 0) return;
  const headers = path + PATH_HEADERS;
  const set = setOf(headers, from);
  if (!isWorthwhile(set) || isSlotOf(slotAddress(set), headers, from) || isSlotOf(slotAddress(set + 1), headers, from)) return;
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  const slot = roomIn(set, now);
  if (slot == NO_ROOM) return count(COUNTER_OFFLOAD_FULL);
  const at = slotAddress(slot);
  if (!writeAction(at, headers, load<u32>(packet, PACKET_DATA), out)) return;
  identifySlot(at, headers, from);
  hold(slot, path, inPort, outPort, now);
  publishSlot(at);
  count(COUNTER_OFFLOADED);
}

/**
 * Whether so many packets of the flow, or of others with the same hash, have come lately that more are to be expected: giving a flow to
 * the kernel and taking it back costs as much as a few packets, and connections of a few packets are the most.
 */
function isWorthwhile(set: u32): bool {
  const seen = OFFLOAD_BASE + OFFLOAD_SEEN_TABLE + set;
  const packets = <u32>load<u8>(seen);
  if (packets >= load<u32>(OFFLOAD_BASE, OFFLOAD_PATIENCE)) return true;
  store<u8>(seen, <u8>(packets + 1));
  return false;
}

/** A slot of the set that is free, or that was quiet, or NO_ROOM. */
function roomIn(set: u32, now: u64): u32 {
  if (!isSlotUsed(slotAddress(set))) return set;
  if (!isSlotUsed(slotAddress(set + 1))) return set + 1;
  countSlot(set, now);
  countSlot(set + 1, now);
  const first = load<u64>(holdingOf(set), HOLDING_USED_AT);
  const second = load<u64>(holdingOf(set + 1), HOLDING_USED_AT);
  if (now - min(first, second) < QUIET) return NO_ROOM;
  const slot = first <= second ? set : set + 1;
  withdraw(slot);
  return slot;
}
