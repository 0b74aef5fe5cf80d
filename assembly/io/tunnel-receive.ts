/**
 * Datagrams of tunnel sockets: from the receive buffers to PACKET records of the inner frames.
 *
 * What: the kernel has taken the outer IP and UDP headers off, checked, reassembled, and may have joined datagrams of one sender
 *   (UDP_GRO). Address, TTL, TOS and the length to cut at come beside each as control messages.
 * Invariants: a record is made only for an inner frame whose tunnel header is whole and understood; any other counts as the
 *   port's error and as DROP_TUNNEL. The records are parsed, and their tunnel fields filled in.
 * Cost: a copy of the tunnel fields (200 bytes) a packet, and later a look-up of a key of KEY_SIZE.
 */
import { drop } from "../counters.ts";
import { DROP_NO_BUFFER, DROP_TUNNEL } from "../layout/counter.ts";
import { KEY_SIZE, KEY_TUN_DST, KEY_TUN_FLAGS, KEY_TUN_GBP_ID, KEY_TUN_ID, KEY_TUN_IPV6_DST, KEY_TUN_IPV6_SRC, KEY_TUN_SRC, KEY_TUN_TOS, KEY_TUN_TP_DST, KEY_TUN_TP_SRC, KEY_TUN_TTL, TUN_FLAG_CSUM, TUN_FLAG_KEY, TUN_FLAG_OAM } from "../layout/key.ts";
import { BATCH_SIZE, BUFFER_SIZE, PACKET_SLOTS } from "../layout/limits.ts";
import { CLONE_HEAD_SIZE, PACKET_DATA, PACKET_HEADROOM, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_LENGTH, PACKET_MIN_HEADROOM, PACKET_PAYLOAD } from "../layout/packet.ts";
import { PORT_RX_BYTES, PORT_RX_DROPPED, PORT_RX_ERRORS, PORT_RX_PACKETS, PORT_WINDOW } from "../layout/port.ts";
import { TUNNEL_GENEVE } from "../layout/program.ts";
import { ARRIVAL_CONTROLS, ARRIVAL_CONTROL_SIZE, ARRIVAL_FIELDS, ARRIVAL_MESSAGES, ARRIVAL_NAMES, ARRIVAL_NAME_SIZE, ARRIVAL_RUN, TUNNEL_KIND, TUNNEL_UDP_PORT } from "../layout/tunnel.ts";
import { BUFFERS_BASE, CLONE_HEAD_STRIDE, TUNNEL_ARRIVALS_BASE } from "../memory.ts";
import { carryCongestion } from "../packet/ecn.ts";
import { readGeneve } from "../packet/geneve.ts";
import { parse } from "../packet/parse.ts";
import { allocatePacket, cloneHead, packetsLeft, takeBack } from "../packet/pool.ts";
import { readVxlan } from "../packet/vxlan.ts";
import {
  AF_INET,
  CONTROL_DATA,
  CONTROL_LENGTH,
  CONTROL_LEVEL,
  CONTROL_TYPE,
  IP_PKTINFO,
  IP_TOS,
  IP_TTL,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  MESSAGE_CONTROL_LENGTH,
  MESSAGE_LENGTH,
  MESSAGE_NAME_LENGTH,
  MESSAGE_SIZE,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_GRO,
} from "./message-layout.ts";
import {
  beginRun,
  finishRun,
  joinRun,
  RUN_BYTES,
  RUN_FRAME,
  RUN_LENGTH,
  RUN_SEGMENTS,
  RUN_TUNNEL,
  RUN_TUNNEL_BYTES,
} from "./coalesce.ts";
import { countPort, portRecord } from "./port-record.ts";

const ETHERNET_SIZE: u32 = 14;
const RUN: usize = TUNNEL_ARRIVALS_BASE + ARRIVAL_RUN;
const FIELDS: usize = TUNNEL_ARRIVALS_BASE + ARRIVAL_FIELDS - KEY_TUN_ID;
/** Packets in one datagram that are believed; the kernel joins at most 64. */
const MOST_SEGMENTS: u32 = 256;

/**
 * Builds the records of datagrams from `first` on, until they are a batch; the index of the first datagram left.
 * `resetPool` has run before: the records are the first ones of the pool.
 */
export function receiveDatagrams(port: u32, checksummed: bool, first: u32, count: u32): u32 {
  let index = first;
  while (index < count && packetsLeft() > <u32>(PACKET_SLOTS - BATCH_SIZE)) {
    receiveDatagram(port, checksummed, index);
    index++;
  }
  return index;
}

function receiveDatagram(port: u32, checksummed: bool, index: u32): void {
  const message = TUNNEL_ARRIVALS_BASE + ARRIVAL_MESSAGES + <usize>index * MESSAGE_SIZE;
  const record = portRecord(port);
  const tunnel: usize = load<u32>(record, PORT_WINDOW);
  const data = BUFFERS_BASE + <usize>index * BUFFER_SIZE + PACKET_MIN_HEADROOM;
  const length = min<u32>(load<u32>(message, MESSAGE_LENGTH), BUFFER_SIZE - PACKET_MIN_HEADROOM);
  const cut = readOuterFields(message, index, checksummed, load<u32>(tunnel, TUNNEL_UDP_PORT));
  const segment = cut == 0 ? length : cut;
  const kind = load<u32>(tunnel, TUNNEL_KIND);
  let at: u32 = 0;
  let segments: u32 = 0;
  store<u32>(RUN, 0, RUN_FRAME);
  do {
    const bytes = min<u32>(segment, length - at);
    if (!extendRun(<u32>data + at, bytes)) {
      emitRun(port, record, <u32>data);
      startRun(record, kind, <u32>data + at, bytes);
    }
    at += bytes;
    segments++;
  } while (at < length && segments < MOST_SEGMENTS);
  emitRun(port, record, <u32>data);
}

/** Whether a tunnel header that is that of the run, and the frame behind it, were added to the run. */
function extendRun(data: u32, bytes: u32): bool {
  const header = load<u32>(RUN, RUN_TUNNEL_BYTES);
  if (load<u32>(RUN, RUN_FRAME) == 0 || bytes < header + ETHERNET_SIZE) return false;
  const known = load<u32>(RUN, RUN_TUNNEL);
  for (let at: u32 = 0; at < header; at += 4) if (load<u32>(known + at) != load<u32>(data + at)) return false;
  return joinRun(RUN, data + header, bytes - header);
}

/** Reads a tunnel header and starts a run with the frame behind it. */
function startRun(record: usize, kind: u32, data: u32, bytes: u32): void {
  // Of the packet before.
  memory.fill(FIELDS + KEY_TUN_GBP_ID, 0, KEY_SIZE - KEY_TUN_GBP_ID);
  store<u16>(FIELDS, load<u16>(FIELDS, KEY_TUN_FLAGS) & ~bswap<u16>(<u16>TUN_FLAG_OAM), KEY_TUN_FLAGS);
  const header = kind == TUNNEL_GENEVE ? readGeneve(data, bytes, FIELDS) : readVxlan(data, bytes, FIELDS);
  if (header == 0 || bytes < header + ETHERNET_SIZE) {
    store<u32>(RUN, 0, RUN_FRAME);
    return refuse(record, PORT_RX_ERRORS, 1, DROP_TUNNEL);
  }
  beginRun(RUN, data + header, bytes - header);
  store<u32>(RUN, data, RUN_TUNNEL);
  store<u32>(RUN, header, RUN_TUNNEL_BYTES);
}

/** The run's packet record, with the tunnel fields in FIELDS. The datagram begins at `start`: the room before that is ours. */
function emitRun(port: u32, record: usize, start: u32): void {
  const frame = load<u32>(RUN, RUN_FRAME);
  if (frame == 0) return;
  const segments = load<u32>(RUN, RUN_SEGMENTS);
  const packet = allocatePacket();
  if (packet == 0) return refuse(record, PORT_RX_DROPPED, segments, DROP_NO_BUFFER);
  const length = load<u32>(RUN, RUN_LENGTH);
  finishRun(RUN, packet);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, port, PACKET_IN_PORT);
  if (load<u32>(RUN, RUN_TUNNEL) == start) {
    store<u32>(packet, frame, PACKET_DATA);
    store<u32>(packet, length, PACKET_HEAD_LENGTH);
    store<u32>(packet, PACKET_MIN_HEADROOM + (frame - start), PACKET_HEADROOM);
  } else {
    giveHead(packet, frame, length);
  }
  parse(packet);
  if (!carryCongestion(packet, load<u8>(FIELDS, KEY_TUN_TOS))) {
    takeBack(packet);
    return refuse(record, PORT_RX_ERRORS, segments, DROP_TUNNEL);
  }
  countPort(record, PORT_RX_PACKETS, segments);
  countPort(record, PORT_RX_BYTES, load<u32>(RUN, RUN_BYTES));
  memory.copy(<usize>load<u32>(packet, PACKET_KEY) + KEY_TUN_ID, FIELDS + KEY_TUN_ID, KEY_SIZE - KEY_TUN_ID);
  store<u32>(packet, KEY_SIZE, PACKET_KEY_EXTENT);
}

/** The bytes before the frame belong to another packet: its headers get a place with room before them. */
function giveHead(packet: usize, frame: u32, length: u32): void {
  const copied = min<u32>(length, CLONE_HEAD_SIZE);
  const headroom = <u32>CLONE_HEAD_STRIDE - CLONE_HEAD_SIZE;
  const head = <u32>cloneHead(packet) + headroom;
  memory.copy(head, frame, copied);
  store<u32>(packet, head, PACKET_DATA);
  store<u32>(packet, copied, PACKET_HEAD_LENGTH);
  store<u32>(packet, headroom, PACKET_HEADROOM);
  store<u32>(packet, copied < length ? frame + copied : 0, PACKET_PAYLOAD);
}

/** Fills FIELDS from address and control messages, and makes the message ready for the next use; where to cut, 0 = nowhere. */
function readOuterFields(message: usize, index: u32, checksummed: bool, udpPort: u32): u32 {
  const name = TUNNEL_ARRIVALS_BASE + ARRIVAL_NAMES + <usize>index * ARRIVAL_NAME_SIZE;
  const controls = TUNNEL_ARRIVALS_BASE + ARRIVAL_CONTROLS + <usize>index * ARRIVAL_CONTROL_SIZE;
  memory.fill(FIELDS + KEY_TUN_ID, 0, KEY_SIZE - KEY_TUN_ID);
  store<u16>(FIELDS, load<u16>(name, 2), KEY_TUN_TP_SRC);
  store<u16>(FIELDS, bswap<u16>(<u16>udpPort), KEY_TUN_TP_DST);
  const flags = <u16>(TUN_FLAG_KEY | (checksummed ? TUN_FLAG_CSUM : 0));
  store<u16>(FIELDS, bswap<u16>(flags), KEY_TUN_FLAGS);
  if (load<u16>(name) == AF_INET) store<u32>(FIELDS, load<u32>(name, 4), KEY_TUN_SRC);
  else {
    store<u64>(FIELDS, load<u64>(name, 8), KEY_TUN_IPV6_SRC);
    store<u64>(FIELDS, load<u64>(name, 16), KEY_TUN_IPV6_SRC + 8);
  }
  const cut = readControls(controls, min<u32>(load<u32>(message, MESSAGE_CONTROL_LENGTH), ARRIVAL_CONTROL_SIZE));
  store<u32>(message, ARRIVAL_NAME_SIZE, MESSAGE_NAME_LENGTH);
  store<u64>(message, ARRIVAL_CONTROL_SIZE, MESSAGE_CONTROL_LENGTH);
  return cut;
}

function readControls(controls: usize, bytes: u32): u32 {
  let cut: u32 = 0;
  let at: u32 = 0;
  while (at + <u32>CONTROL_DATA + 4 <= bytes) {
    const control = controls + at;
    const size = load<u32>(control, CONTROL_LENGTH);
    if (size < <u32>CONTROL_DATA + 1 || at + size > bytes) break;
    const level = load<u32>(control, CONTROL_LEVEL);
    const type = load<u32>(control, CONTROL_TYPE);
    if (level == SOL_UDP && type == UDP_GRO) cut = load<u32>(control, CONTROL_DATA);
    else if (level == SOL_IP) readIpv4Control(control, type);
    else if (level == SOL_IPV6) readIpv6Control(control, type);
    at += (size + 7) & ~7;
  }
  return cut;
}

@inline
function readIpv4Control(control: usize, type: u32): void {
  if (type == IP_TTL) store<u8>(FIELDS, load<u8>(control, CONTROL_DATA), KEY_TUN_TTL);
  else if (type == IP_TOS) store<u8>(FIELDS, load<u8>(control, CONTROL_DATA), KEY_TUN_TOS);
  else if (type == IP_PKTINFO) store<u32>(FIELDS, load<u32>(control, CONTROL_DATA + 8), KEY_TUN_DST);
}

@inline
function readIpv6Control(control: usize, type: u32): void {
  if (type == IPV6_HOPLIMIT) store<u8>(FIELDS, load<u8>(control, CONTROL_DATA), KEY_TUN_TTL);
  else if (type == IPV6_TCLASS) store<u8>(FIELDS, load<u8>(control, CONTROL_DATA), KEY_TUN_TOS);
  else if (type == IPV6_PKTINFO) {
    store<u64>(FIELDS, load<u64>(control, CONTROL_DATA), KEY_TUN_IPV6_DST);
    store<u64>(FIELDS, load<u64>(control, CONTROL_DATA + 8), KEY_TUN_IPV6_DST + 8);
  }
}

function refuse(record: usize, counter: usize, packets: u32, reason: u32): void {
  countPort(record, counter, packets);
  for (let i: u32 = 0; i < packets; i++) drop(0, reason);
}
