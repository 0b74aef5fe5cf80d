/**
 * The transmit queue of a tunnel port: inner frames become datagrams of UDP sockets.
 *
 * What: packets with equal tunnel fields that follow each other share one message: one address, one set of control messages,
 *   one tunnel header that the vectors of every packet point at. The kernel cuts the message at DETAIL_SEGMENT
 *   (UDP_SEGMENT), as late as it can: on the way to another switch like this one, never.
 * Invariants: nothing is copied but the header, once a message. In a message all packets but the last are equally long.
 *   What a message is made of stays as it is until `flushPort`.
 * Cost: a packet that joins a message costs three vectors; what a message costs is the system call (src/slowpath/tunnel/README.md).
 * Not handled: destinations that are link-local IPv6 addresses (a route has no scope).
 */
import { drop } from "../counters.ts";
import { CONTROL_HOST_BASE } from "../layout/control.ts";
import { DROP_TUNNEL } from "../layout/counter.ts";
import { KEY_SIZE, KEY_TUN_FLAGS, KEY_TUN_ID, KEY_TUN_IPV6_DST, TUN_FLAG_CSUM, TUN_FLAG_DF } from "../layout/key.ts";
import { TX_QUEUE } from "../layout/limits.ts";
import { PACKET_DATA, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_RSS_HASH } from "../layout/packet.ts";
import { PORT_TX_COUNT, PORT_TX_ERRORS, PORT_TX_LISTED, PORT_WINDOW } from "../layout/port.ts";
import { TUNNEL_GENEVE } from "../layout/program.ts";
import { DETAIL_BYTES, DETAIL_CONTROL, DETAIL_CONTROL_BYTES, DETAIL_FIELDS, DETAIL_FLAGS, DETAIL_FRAME_BYTES, DETAIL_HEADER, DETAIL_HEADER_BYTES, DETAIL_NAME, DETAIL_PACKETS, DETAIL_SEGMENT, DETAIL_SENDER, DETAIL_SIZE, TUNNEL_BUNDLES, TUNNEL_BUNDLE_BYTES, TUNNEL_BUNDLE_PACKETS, TUNNEL_DETAILS, TUNNEL_KIND, TUNNEL_MESSAGES, TUNNEL_MESSAGE_VECTORS, TUNNEL_SENDERS, TUNNEL_SENDER_COUNT, TUNNEL_UDP_PORT, TUNNEL_VECTORS, TUNNEL_VECTORS_PER_PACKET, TUNNEL_VECTORS_USED } from "../layout/tunnel.ts";
import { CONTROL_BASE } from "../memory.ts";
import { writeGeneve } from "../packet/geneve.ts";
import { writeVxlan } from "../packet/vxlan.ts";
import { flushPort } from "./host.ts";
import {
  MESSAGE_CONTROL,
  MESSAGE_CONTROL_LENGTH,
  MESSAGE_NAME,
  MESSAGE_NAME_LENGTH,
  MESSAGE_SIZE,
  MESSAGE_VECTOR_COUNT,
  MESSAGE_VECTORS,
  VECTOR_LENGTH,
  VECTOR_SIZE,
} from "./message-layout.ts";
import { countPort } from "./port-record.ts";
import { listPort } from "./queue.ts";
import { isIpv6Tunnel, putControls, putName, putSegmentSize } from "./tunnel-control.ts";

const FIELD_BYTES: usize = KEY_SIZE - KEY_TUN_ID;

/** Takes a frame for the port's transmit queue, or drops it when its tunnel fields lead nowhere. */
export function transmitByTunnel(packet: usize, record: usize, port: u32): void {
  const tunnel: usize = load<u32>(record, PORT_WINDOW);
  const fields: usize = load<u32>(packet, PACKET_KEY);
  if (load<u32>(packet, PACKET_KEY_EXTENT) < <u32>KEY_SIZE) return refuse(packet, record);
  const sender = senderFor(packet, fields, tunnel);
  if (sender < 0) return refuse(packet, record);

  let detail = latestDetail(record, tunnel);
  if (detail == 0 || !joins(packet, fields, tunnel, detail, <u32>sender)) {
    const count = load<u32>(record, PORT_TX_COUNT);
    const full = count == TX_QUEUE || vectorsLeft(tunnel) < <u32>TUNNEL_VECTORS_PER_PACKET;
    if (count != 0 && full) flushPort(port);
    if (load<u32>(record, PORT_TX_COUNT) == 0) store<u32>(tunnel, 0, TUNNEL_VECTORS_USED);
    detail = openMessage(fields, record, tunnel, <u32>sender);
    if (detail == 0) return refuse(packet, record);
    if (load<u32>(record, PORT_TX_LISTED) == 0) listPort(record, port);
  }
  append(packet, record, tunnel, detail);
}

/** Index of the socket that sends packets of this connection; -1 when there is no destination, or no socket of its family. */
function senderFor(packet: usize, fields: usize, tunnel: usize): i32 {
  let family: u32 = 0;
  if (isIpv6Tunnel(fields)) {
    if ((load<u64>(fields, KEY_TUN_IPV6_DST) | load<u64>(fields, KEY_TUN_IPV6_DST + 8)) == 0) return -1;
    family = 1;
  }
  const spread = <u32>((<u64>load<u32>(packet, PACKET_RSS_HASH) * TUNNEL_SENDER_COUNT) >> 32);
  const sender = family * TUNNEL_SENDER_COUNT + spread;
  return load<i32>(tunnel + (<usize>sender << 2), TUNNEL_SENDERS) < 0 ? -1 : <i32>sender;
}

@inline
function latestDetail(record: usize, tunnel: usize): usize {
  const count = load<u32>(record, PORT_TX_COUNT);
  return count == 0 ? 0 : tunnel + TUNNEL_DETAILS + <usize>(count - 1) * DETAIL_SIZE;
}

@inline
function vectorsLeft(tunnel: usize): u32 {
  return TUNNEL_VECTORS - load<u32>(tunnel, TUNNEL_VECTORS_USED);
}

/** Whether the packet may be one more of the message: the kernel cuts only what has checksums, in equal pieces. */
function joins(packet: usize, fields: usize, tunnel: usize, detail: usize, sender: u32): bool {
  if (load<u32>(tunnel, TUNNEL_BUNDLES) == 0 || load<u32>(detail, DETAIL_SENDER) != sender) return false;
  if ((load<u32>(detail, DETAIL_FLAGS) & TUN_FLAG_CSUM) == 0) return false;
  const packets = load<u32>(detail, DETAIL_PACKETS);
  const segment = load<u32>(detail, DETAIL_SEGMENT);
  const bytes = load<u32>(detail, DETAIL_BYTES);
  const size = load<u32>(packet, PACKET_LENGTH) + load<u32>(detail, DETAIL_HEADER_BYTES);
  if (packets >= <u32>TUNNEL_BUNDLE_PACKETS || size > segment || bytes + size > <u32>TUNNEL_BUNDLE_BYTES) return false;
  if (bytes != packets * segment || vectorsLeft(tunnel) < <u32>TUNNEL_VECTORS_PER_PACKET) return false; // a short one was the last
  for (let at: usize = 0; at < FIELD_BYTES; at += 8) {
    if (load<u64>(fields + at, KEY_TUN_ID) != load<u64>(detail + at, DETAIL_FIELDS)) return false;
  }
  return true;
}

/** A message without packets, at the end of the queue; 0 when its header cannot be made. */
function openMessage(fields: usize, record: usize, tunnel: usize, sender: u32): usize {
  const index = load<u32>(record, PORT_TX_COUNT);
  const message = tunnel + TUNNEL_MESSAGES + <usize>index * MESSAGE_SIZE;
  const detail = tunnel + TUNNEL_DETAILS + <usize>index * DETAIL_SIZE;
  const header = detail + DETAIL_HEADER;
  const headerBytes =
    load<u32>(tunnel, TUNNEL_KIND) == TUNNEL_GENEVE ? writeGeneve(header, fields) : writeVxlan(header, fields);
  if (headerBytes == 0) return 0;
  store<u32>(record, index + 1, PORT_TX_COUNT);
  const flags: u32 = bswap<u16>(load<u16>(fields, KEY_TUN_FLAGS));
  store<u32>(detail, sender, DETAIL_SENDER);
  store<u32>(detail, flags & (TUN_FLAG_DF | TUN_FLAG_CSUM), DETAIL_FLAGS);
  store<u32>(detail, 0, DETAIL_PACKETS);
  store<u32>(detail, 0, DETAIL_FRAME_BYTES);
  store<u32>(detail, 0, DETAIL_SEGMENT);
  store<u32>(detail, 0, DETAIL_BYTES);
  store<u32>(detail, headerBytes, DETAIL_HEADER_BYTES);
  memory.copy(detail + DETAIL_FIELDS, fields + KEY_TUN_ID, FIELD_BYTES);

  const host = load<u64>(CONTROL_BASE, CONTROL_HOST_BASE);
  const vector = tunnel + TUNNEL_MESSAGE_VECTORS + <usize>load<u32>(tunnel, TUNNEL_VECTORS_USED) * VECTOR_SIZE;
  store<u64>(message, host + detail + DETAIL_NAME, MESSAGE_NAME);
  store<u32>(message, putName(detail + DETAIL_NAME, fields, load<u32>(tunnel, TUNNEL_UDP_PORT)), MESSAGE_NAME_LENGTH);
  store<u64>(message, host + vector, MESSAGE_VECTORS);
  store<u64>(message, 0, MESSAGE_VECTOR_COUNT);
  store<u64>(message, host + detail + DETAIL_CONTROL, MESSAGE_CONTROL);
  const controlBytes = putControls(detail + DETAIL_CONTROL, fields);
  store<u32>(detail, controlBytes, DETAIL_CONTROL_BYTES);
  store<u64>(message, controlBytes, MESSAGE_CONTROL_LENGTH);
  return detail;
}

function append(packet: usize, record: usize, tunnel: usize, detail: usize): void {
  const host = load<u64>(CONTROL_BASE, CONTROL_HOST_BASE);
  const index = load<u32>(record, PORT_TX_COUNT) - 1;
  const message = tunnel + TUNNEL_MESSAGES + <usize>index * MESSAGE_SIZE;
  const used = load<u32>(tunnel, TUNNEL_VECTORS_USED);
  const vector = tunnel + TUNNEL_MESSAGE_VECTORS + <usize>used * VECTOR_SIZE;
  const headerBytes = load<u32>(detail, DETAIL_HEADER_BYTES);
  const length = load<u32>(packet, PACKET_LENGTH);
  const head = load<u32>(packet, PACKET_HEAD_LENGTH);
  const vectors: u32 = head < length ? 3 : 2;
  store<u64>(vector, host + detail + DETAIL_HEADER);
  store<u64>(vector, headerBytes, VECTOR_LENGTH);
  store<u64>(vector, host + load<u32>(packet, PACKET_DATA), VECTOR_SIZE);
  store<u64>(vector, head, VECTOR_SIZE + VECTOR_LENGTH);
  if (vectors == 3) {
    store<u64>(vector, host + load<u32>(packet, PACKET_PAYLOAD), 2 * VECTOR_SIZE);
    store<u64>(vector, length - head, 2 * VECTOR_SIZE + VECTOR_LENGTH);
  }
  store<u32>(tunnel, used + vectors, TUNNEL_VECTORS_USED);
  store<u64>(message, load<u64>(message, MESSAGE_VECTOR_COUNT) + vectors, MESSAGE_VECTOR_COUNT);

  const packets = load<u32>(detail, DETAIL_PACKETS) + 1;
  store<u32>(detail, packets, DETAIL_PACKETS);
  store<u32>(detail, load<u32>(detail, DETAIL_FRAME_BYTES) + length, DETAIL_FRAME_BYTES);
  store<u32>(detail, load<u32>(detail, DETAIL_BYTES) + length + headerBytes, DETAIL_BYTES);
  if (packets == 1) store<u32>(detail, length + headerBytes, DETAIL_SEGMENT);
  else if (packets == 2) cutInSegments(message, detail);
}

/** From its second packet on a message says where it is to be cut. */
function cutInSegments(message: usize, detail: usize): void {
  const controlBytes = load<u32>(detail, DETAIL_CONTROL_BYTES);
  const cut = putSegmentSize(detail + DETAIL_CONTROL + controlBytes, load<u32>(detail, DETAIL_SEGMENT));
  store<u64>(message, controlBytes + cut, MESSAGE_CONTROL_LENGTH);
}

function refuse(packet: usize, record: usize): void {
  countPort(record, PORT_TX_ERRORS, 1);
  drop(packet, DROP_TUNNEL);
}
