/**
 * Hands a packet to the slow path: key, metadata and frame, copied into the upcall ring.
 *
 * Invariant: the packet counts as upcalled, or as dropped: DROP_UPCALL_SHARE when its port has its share of the ring
 *   (upcall-share.ts), DROP_UPCALL_LOST when the ring is full.
 * Cost: one copy of the frame; a flood of misses is bounded by the ring, not by the slow path's speed.
 */
import { count, drop } from "./counters.ts";
import { CONTROL_UPCALLS, CONTROL_UPCALL_BELL } from "./layout/control.ts";
import { COUNTER_UPCALL, DROP_UPCALL_LOST, DROP_UPCALL_SHARE } from "./layout/counter.ts";
import { KEY_SIZE } from "./layout/key.ts";
import { PACKET_BUCKET, PACKET_CONNECTION, PACKET_DATA, PACKET_DEPTH, PACKET_HEAD_LENGTH, PACKET_IN_PORT, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_L3, PACKET_L4, PACKET_L7, PACKET_LENGTH, PACKET_PAYLOAD, PACKET_RSS_HASH, PACKET_TRUNC, PACKET_VNET_FLAGS, VNET_HEADER_SIZE } from "./layout/packet.ts";
import { UPCALL_ARGUMENT, UPCALL_BUCKET, UPCALL_CONNECTION, UPCALL_COOKIE, UPCALL_DEPTH, UPCALL_FRAME, UPCALL_IN_PORT, UPCALL_KEY, UPCALL_KEY_EXTENT, UPCALL_L3, UPCALL_L4, UPCALL_L7, UPCALL_LENGTH, UPCALL_REASON, UPCALL_RSS_HASH, UPCALL_VNET } from "./layout/upcall.ts";
import { CONTROL_BASE } from "./memory.ts";
import { publishUpcall, reserveUpcall } from "./rings.ts";
import { takeShare, withinShare } from "./upcall-share.ts";

export function upcall(packet: usize, reason: u32, argument: u32, cookie: u64): void {
  const limit = load<u32>(packet, PACKET_TRUNC);
  const length = min<u32>(load<u32>(packet, PACKET_LENGTH), limit == 0 ? u32.MAX_VALUE : limit);
  const size = (<u32>UPCALL_FRAME + length + 7) & ~7;
  const port = load<u32>(packet, PACKET_IN_PORT);
  if (!withinShare(port, size)) return drop(packet, DROP_UPCALL_SHARE);
  const record = reserveUpcall(size);
  if (record == 0) {
    drop(packet, DROP_UPCALL_LOST);
    return;
  }
  store<u32>(record, reason, UPCALL_REASON);
  store<u32>(record, port, UPCALL_IN_PORT);
  store<u32>(record, argument, UPCALL_ARGUMENT);
  store<u64>(record, cookie, UPCALL_COOKIE);
  store<u32>(record, load<u32>(packet, PACKET_DEPTH), UPCALL_DEPTH);
  store<u32>(record, length, UPCALL_LENGTH);
  store<u32>(record, load<u32>(packet, PACKET_RSS_HASH), UPCALL_RSS_HASH);
  store<u32>(record, load<u32>(packet, PACKET_KEY_EXTENT), UPCALL_KEY_EXTENT);
  memory.copy(record + UPCALL_VNET, packet + PACKET_VNET_FLAGS, VNET_HEADER_SIZE);
  store<u16>(record, load<u16>(packet, PACKET_L3), UPCALL_L3);
  store<u16>(record, load<u16>(packet, PACKET_L4), UPCALL_L4);
  store<u16>(record, load<u16>(packet, PACKET_L7), UPCALL_L7);
  store<u32>(record, load<u32>(packet, PACKET_CONNECTION), UPCALL_CONNECTION);
  store<u32>(record, load<u32>(packet, PACKET_BUCKET), UPCALL_BUCKET);
  memory.copy(record + UPCALL_KEY, load<u32>(packet, PACKET_KEY), KEY_SIZE);
  const head = min<u32>(load<u32>(packet, PACKET_HEAD_LENGTH), length);
  memory.copy(record + UPCALL_FRAME, load<u32>(packet, PACKET_DATA), head);
  if (head < length) memory.copy(record + UPCALL_FRAME + head, load<u32>(packet, PACKET_PAYLOAD), length - head);
  takeShare(port, size);
  publishUpcall(record, size);
  store<u32>(CONTROL_BASE, load<u32>(CONTROL_BASE, CONTROL_UPCALLS) + 1, CONTROL_UPCALLS);
  count(COUNTER_UPCALL);
}

/** Wakes the main thread when upcalls were written since the last call: once a batch, not once a packet. */
export function ringUpcallBell(): void {
  if (load<u32>(CONTROL_BASE, CONTROL_UPCALLS) == 0) return;
  store<u32>(CONTROL_BASE, 0, CONTROL_UPCALLS);
  atomic.add<u32>(CONTROL_BASE, 1, CONTROL_UPCALL_BELL);
  atomic.notify(CONTROL_BASE + CONTROL_UPCALL_BELL, -1);
}
