/**
 * From PACKET records to the kernel: one transmit queue a port.
 *
 * What: a queue is what sendmmsg(2) takes: struct mmsghdr[TX_QUEUE], each with up to two vectors: virtio-net header and
 *   head, payload. Nothing is copied; the header is written into the headroom right before the head.
 * Invariants: a queued head is neither edited nor queued again before `flushPorts` (the action interpreter clones);
 *   frames leave a port in the order they were queued; what is queued is counted when the kernel has taken it.
 * Cost: ~5 ns a frame; a super-packet for a port without segmentation costs its copies of headers and a system call.
 * Not handled: patch ports (resolved by the slow path).
 */
import { drop } from "../counters.ts";
import { CONTROL_HOST_BASE, CONTROL_POOL_NEXT } from "../layout/control.ts";
import { DROP_NO_BUFFER, DROP_NO_PORT, DROP_PORT_DOWN, DROP_TOO_LONG } from "../layout/counter.ts";
import { TX_QUEUE } from "../layout/limits.ts";
import { PACKET_BATCH_NEXT, PACKET_CSUM_OFFSET, PACKET_DATA, PACKET_GSO_TYPE, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_TRUNC, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_ECN, VNET_GSO_NONE, VNET_GSO_TCPV4, VNET_GSO_TCPV6, VNET_GSO_UDP_L4, VNET_HEADER_SIZE } from "../layout/packet.ts";
import { PORT_FEATURES, PORT_FEATURE_CSUM, PORT_FEATURE_TSO4, PORT_FEATURE_TSO6, PORT_FEATURE_USO, PORT_FEATURE_VNET, PORT_KIND, PORT_KIND_TUNNEL, PORT_MTU, PORT_NUMBER, PORT_STATE, PORT_STATE_FREE, PORT_STATE_UP, PORT_TX_COUNT, PORT_TX_DROPPED, PORT_TX_LISTED, PORT_TX_MESSAGES, PORT_TX_VECTORS } from "../layout/port.ts";
import { CONTROL_BASE } from "../memory.ts";
import { finishChecksum, segmentPacket } from "../packet/offload.ts";
import { flushPort } from "./host.ts";
import { MESSAGE_SIZE, VECTOR_SIZE } from "./message-layout.ts";
import { countPort, isPortNumber, portRecord } from "./port-record.ts";
import { addMessage, addWhole, listPort, writeWhole } from "./queue.ts";
import { transmitByTunnel } from "./tunnel-queue.ts";

const ETHERNET_SIZE: u32 = 14;
const TAG_SIZE: u32 = 4;
/** Flags and GSO type, the first two bytes of a virtio-net header, in the word from PACKET_VNET_FLAGS on. */
const ASKS_SOMETHING: u32 = 0xff00 | VNET_F_NEEDS_CSUM;
/** What a port has that finishes checksums for us. */
const FINISHES_CHECKSUMS: u32 = PORT_FEATURE_CSUM | PORT_FEATURE_VNET;
/** Takes the frame for the port's transmit queue, or drops it with a reason. */
export function transmit(packet: usize, port: u32): void {
  const record = plainPort(port);
  if (record == 0 || !transmitPlain(packet, record)) transmitAny(packet, port);
}

/** Record of a port that is up and no tunnel: nothing has to be done about it. 0 for others. */
@inline
export function plainPort(port: u32): usize {
  if (!isPortNumber(port)) return 0;
  const record = portRecord(port);
  if (load<u32>(record, PORT_STATE) != PORT_STATE_UP || load<u32>(record, PORT_KIND) == PORT_KIND_TUNNEL) return 0;
  return record;
}

/**
 * As `transmit` to a `plainPort`, when nothing is to be done to the frame: not cut, no segmentation left to do, short enough, in one
 * piece, room in queue and headroom. That is nearly always. Else false, and nothing is done.
 */
@inline
export function transmitPlain(packet: usize, record: usize): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (length > load<u32>(record, PORT_MTU) + ETHERNET_SIZE) return false;
  if (length != load<u32>(packet, PACKET_HEAD_LENGTH)) return false;
  if (load<u32>(packet, PACKET_HEADROOM) < <u32>VNET_HEADER_SIZE) return false;
  if (load<u32>(record, PORT_TX_COUNT) >= <u32>TX_QUEUE) return false;
  const asked = load<u32>(packet, PACKET_TRUNC) | (load<u32>(packet, PACKET_VNET_FLAGS) & ASKS_SOMETHING);
  if (asked != 0) return transmitPartial(packet, record);
  let header: u32 = 0;
  if ((load<u32>(record, PORT_FEATURES) & PORT_FEATURE_VNET) != 0) {
    clearOffloadHeader(packet);
    header = VNET_HEADER_SIZE;
  }
  addWhole(packet, record, header);
  return true;
}

/**
 * `transmit` for the packets of a list of u32, to a `plainPort`. What is the same for all of them is read once, and the queue's length
 * stays in a register.
 */
export function transmitAll(list: usize, end: usize, record: usize): void {
  const longest = load<u32>(record, PORT_MTU) + ETHERNET_SIZE;
  const header: u32 = (load<u32>(record, PORT_FEATURES) & PORT_FEATURE_VNET) != 0 ? VNET_HEADER_SIZE : 0;
  const messages: usize = load<u32>(record, PORT_TX_MESSAGES);
  const vectors: usize = load<u32>(record, PORT_TX_VECTORS);
  const host = load<u64>(CONTROL_BASE, CONTROL_HOST_BASE);
  if (load<u32>(record, PORT_TX_LISTED) == 0) listPort(record, load<u32>(record, PORT_NUMBER));
  let count: usize = load<u32>(record, PORT_TX_COUNT);
  for (let at = list; at < end; at += 4) {
    const packet: usize = load<u32>(at);
    const length = load<u32>(packet, PACKET_LENGTH);
    const asked = load<u32>(packet, PACKET_TRUNC) | (load<u32>(packet, PACKET_VNET_FLAGS) & ASKS_SOMETHING);
    const whole = length <= longest && length == load<u32>(packet, PACKET_HEAD_LENGTH);
    if (!whole || asked != 0 || load<u32>(packet, PACKET_HEADROOM) < <u32>VNET_HEADER_SIZE || count >= <usize>TX_QUEUE) {
      store<u32>(record, <u32>count, PORT_TX_COUNT);
      transmit(packet, load<u32>(record, PORT_NUMBER));
      count = load<u32>(record, PORT_TX_COUNT);
      continue;
    }
    if (header != 0) clearOffloadHeader(packet);
    writeWhole(packet, messages + count * MESSAGE_SIZE, vectors + count * (2 * VECTOR_SIZE), host, header);
    count++;
  }
  store<u32>(record, <u32>count, PORT_TX_COUNT);
}

/** The rest of `transmitPlain` for a frame whose checksum the port will finish; false when more is asked, or it cannot. */
function transmitPartial(packet: usize, record: usize): bool {
  if (load<u32>(packet, PACKET_TRUNC) != 0 || load<u8>(packet, PACKET_GSO_TYPE) != VNET_GSO_NONE) return false;
  if ((load<u32>(record, PORT_FEATURES) & FINISHES_CHECKSUMS) != FINISHES_CHECKSUMS) return false;
  writeOffloadHeader(packet);
  addWhole(packet, record, VNET_HEADER_SIZE);
  return true;
}

function transmitAny(packet: usize, port: u32): void {
  if (!isPortNumber(port)) return drop(packet, DROP_NO_PORT);
  const record = portRecord(port);
  const state = load<u32>(record, PORT_STATE);
  if (state != PORT_STATE_UP) return refuse(packet, record, state == PORT_STATE_FREE ? DROP_NO_PORT : DROP_PORT_DOWN);

  const type = load<u8>(packet, PACKET_GSO_TYPE);
  // A length limit (trunc) is for each frame on the wire: a super-packet is cut first.
  const whole = type == VNET_GSO_NONE || (load<u32>(packet, PACKET_TRUNC) == 0 && takesSuperPacket(record, type));
  if (whole) transmitFrame(packet, record, port);
  else transmitSegments(packet, record, port);
}

function takesSuperPacket(record: usize, type: u32): bool {
  const features = load<u32>(record, PORT_FEATURES);
  switch (type & ~VNET_GSO_ECN) {
    case VNET_GSO_TCPV4:
      return (features & PORT_FEATURE_TSO4) != 0;
    case VNET_GSO_TCPV6:
      return (features & PORT_FEATURE_TSO6) != 0;
    case VNET_GSO_UDP_L4:
      return (features & PORT_FEATURE_USO) != 0;
    default:
      return false;
  }
}

/** One super-packet as its segments. They are sent at once, so that their records are free for the next super-packet. */
function transmitSegments(packet: usize, record: usize, port: u32): void {
  const mark = load<u32>(CONTROL_BASE, CONTROL_POOL_NEXT);
  let segment = segmentPacket(packet);
  if (segment == 0) return refuse(packet, record, DROP_NO_BUFFER);
  const limit = load<u32>(packet, PACKET_TRUNC);
  while (segment != 0) {
    const next = <usize>load<u32>(segment, PACKET_BATCH_NEXT);
    store<u32>(segment, limit, PACKET_TRUNC);
    transmitFrame(segment, record, port);
    segment = next;
  }
  flushPort(port);
  store<u32>(CONTROL_BASE, mark, CONTROL_POOL_NEXT);
}

function transmitFrame(packet: usize, record: usize, port: u32): void {
  const features = load<u32>(record, PORT_FEATURES);
  const limit = load<u32>(packet, PACKET_TRUNC);
  const truncated = limit != 0 && limit < load<u32>(packet, PACKET_LENGTH);
  if (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM && (truncated || (features & PORT_FEATURE_CSUM) == 0)) {
    finishChecksum(packet);
  }
  if (truncated) truncate(packet, max<u32>(limit, ETHERNET_SIZE));
  if (load<u32>(record, PORT_KIND) == PORT_KIND_TUNNEL) return transmitByTunnel(packet, record, port);
  if (load<u8>(packet, PACKET_GSO_TYPE) == VNET_GSO_NONE && isTooLong(packet, record)) {
    return refuse(packet, record, DROP_TOO_LONG);
  }
  if (features & PORT_FEATURE_VNET && !writeOffloadHeader(packet)) return refuse(packet, record, DROP_NO_BUFFER);
  if (load<u32>(record, PORT_TX_COUNT) == TX_QUEUE) flushPort(port);
  addMessage(packet, record, port);
}

/** The MTU is of L3; one VLAN tag is not counted, as on any Ethernet device (IEEE 802.3 clause 3.2.7, Q-tagged frames). */
function isTooLong(packet: usize, record: usize): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  const limit = load<u32>(record, PORT_MTU) + ETHERNET_SIZE;
  if (length <= limit) return false;
  const type = bswap<u16>(load<u16>(load<u32>(packet, PACKET_DATA), 12));
  const tagged = type == 0x8100 || type == 0x88a8;
  return !tagged || length > limit + TAG_SIZE;
}

function truncate(packet: usize, length: u32): void {
  store<u32>(packet, length, PACKET_LENGTH);
  if (length <= load<u32>(packet, PACKET_HEAD_LENGTH)) {
    store<u32>(packet, length, PACKET_HEAD_LENGTH);
    store<u32>(packet, 0, PACKET_PAYLOAD);
  }
}

/** Writes the virtio-net header right before the head; false when there is no headroom left for it. */
function writeOffloadHeader(packet: usize): bool {
  if (load<u32>(packet, PACKET_HEADROOM) < <u32>VNET_HEADER_SIZE) return false;
  const header = <usize>load<u32>(packet, PACKET_DATA) - VNET_HEADER_SIZE;
  const partial = load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM;
  if (partial == 0 && load<u8>(packet, PACKET_GSO_TYPE) == VNET_GSO_NONE) {
    clearOffloadHeader(packet);
    return true;
  }
  store<u64>(header, load<u64>(packet, PACKET_VNET_FLAGS));
  store<u8>(header, partial);
  store<u16>(header, load<u16>(packet, PACKET_CSUM_OFFSET), 8);
  return true;
}

@inline
function clearOffloadHeader(packet: usize): void {
  const header = <usize>load<u32>(packet, PACKET_DATA) - VNET_HEADER_SIZE;
  store<u64>(header, 0);
  store<u16>(header, 0, 8);
}

function refuse(packet: usize, record: usize, reason: u32): void {
  countPort(record, PORT_TX_DROPPED, 1);
  drop(packet, reason);
}
