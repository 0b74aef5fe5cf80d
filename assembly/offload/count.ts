/**
 * What the kernel has counted in a slot, passed on to ports, megaflows and connections, as if the packets had come by here.
 *
 * Not handled: TCP flags of single packets: they had ACK, which is what a megaflow learns of them.
 */
import { advanceTcp } from "../conntrack/tcp.ts";
import { PROTOCOL_TCP } from "../packet/protocol.ts";
import { CONN_PROTOCOL, TIMEOUT_OTHER_BIDIRECTIONAL } from "../layout/conntrack.ts";
import { extend } from "../conntrack/wheel.ts";
import { countMany } from "../counters.ts";
import { countPort, portRecord } from "../io/port-record.ts";
import { COUNTER_OFFLOAD_PACKETS } from "../layout/counter.ts";
import { FLOW_BYTES, FLOW_PACKETS, FLOW_TCP_FLAGS, FLOW_USED } from "../layout/megaflow.ts";
import { HOLDING_BYTES, HOLDING_CONNECTION, HOLDING_CONNECTIONS, HOLDING_FLOW, HOLDING_FLOWS, HOLDING_IN_PORT, HOLDING_OUT_PORT, HOLDING_PACKETS, HOLDING_USED_AT, SLOT_ACK, SLOT_BYTES, SLOT_BYTES_22, SLOT_PACKETS, SLOT_SEQ_END, SLOT_WINDOW } from "../layout/offload.ts";
import { PORT_RX_BYTES, PORT_RX_PACKETS, PORT_TX_BYTES, PORT_TX_PACKETS } from "../layout/port.ts";
import { connectionOf, directionIn, holdingOf } from "./holding.ts";
import { slotAddress } from "./slots.ts";

/** ACK, as the key has it. */
const TCP_ACK: u16 = 0x1000;

/** Passes on what is new. */
export function countSlot(slot: u32, now: u64): void {
  const at = slotAddress(slot);
  const holding = holdingOf(slot);
  const packets = atomic.load<u64>(at, SLOT_PACKETS) - load<u64>(holding, HOLDING_PACKETS);
  if (packets == 0) return;
  const bytes = atomic.load<u64>(at, SLOT_BYTES) - load<u64>(holding, HOLDING_BYTES);
  store<u64>(holding, load<u64>(holding, HOLDING_PACKETS) + packets, HOLDING_PACKETS);
  store<u64>(holding, load<u64>(holding, HOLDING_BYTES) + bytes, HOLDING_BYTES);
  store<u64>(holding, now, HOLDING_USED_AT);
  countMany(COUNTER_OFFLOAD_PACKETS, packets);
  const inPort = portRecord(load<u16>(holding, HOLDING_IN_PORT));
  const outPort = portRecord(load<u16>(holding, HOLDING_OUT_PORT));
  countPort(inPort, PORT_RX_PACKETS, packets);
  countPort(inPort, PORT_RX_BYTES, bytes);
  countPort(outPort, PORT_TX_PACKETS, packets);
  countPort(outPort, PORT_TX_BYTES, bytes);

  const tcp = isTcp(at);
  const flows = load<u32>(holding, HOLDING_FLOWS);
  for (let i: usize = 0; i < <usize>flows << 2; i += 4) credit(load<u32>(holding + i, HOLDING_FLOW), packets, bytes, now, tcp);
  const connections = load<u32>(holding, HOLDING_CONNECTIONS);
  for (let i: usize = 0; i < <usize>connections << 2; i += 4) advance(load<u32>(holding + i, HOLDING_CONNECTION), at, now);
}

@inline
function isTcp(slot: usize): bool {
  return load<u8>(slot, SLOT_BYTES_22 + 1) == PROTOCOL_TCP;
}

@inline
function credit(flow: usize, packets: u64, bytes: u64, now: u64, tcp: bool): void {
  store<u64>(flow, load<u64>(flow, FLOW_PACKETS) + packets, FLOW_PACKETS);
  store<u64>(flow, load<u64>(flow, FLOW_BYTES) + bytes, FLOW_BYTES);
  store<u64>(flow, now, FLOW_USED);
  if (tcp) store<u16>(flow, load<u16>(flow, FLOW_TCP_FLAGS) | TCP_ACK, FLOW_TCP_FLAGS);
}

/** The connection lives on, and is where its packets were. */
@inline
function advance(member: u32, slot: usize, now: u64): void {
  const connection = connectionOf(member);
  if (load<u8>(connection, CONN_PROTOCOL) != PROTOCOL_TCP) return extend(connection, TIMEOUT_OTHER_BIDIRECTIONAL, now);
  const window = load<u32>(slot, SLOT_WINDOW);
  advanceTcp(connection, directionIn(member), load<u32>(slot, SLOT_SEQ_END), load<u32>(slot, SLOT_ACK), window, now);
}
