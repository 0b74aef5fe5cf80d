/**
 * OP_USERSPACE: to the slow path.
 *
 * What goes to a controller is what would be on the wire: super-packets are cut and checksums finished first. What the
 * slow path translates packet by packet (UPCALL_SLOW_PATH) comes back to be executed, so it stays as it is.
 * The packet's bytes are copied into the ring: no clone is needed, but one more packet has come to an end.
 */
import { count, countMany, drop } from "../counters.ts";
import { COUNTER_CLONED, DROP_NO_BUFFER } from "../layout/counter.ts";
import { PACKET_BATCH_NEXT, PACKET_GSO_TYPE, PACKET_TRUNC, PACKET_VNET_FLAGS, VNET_F_NEEDS_CSUM, VNET_GSO_NONE } from "../layout/packet.ts";
import { UPCALL_ACTION } from "../layout/upcall.ts";
import { finishChecksum, segmentPacket } from "../packet/offload.ts";
import { upcall } from "../upcall.ts";

const REASON: usize = 8;
const ARGUMENT: usize = 12;
const COOKIE: usize = 16;

export function userspace(packet: usize, instruction: usize, last: bool): void {
  if (!last) count(COUNTER_CLONED);
  const reason = load<u32>(instruction, REASON);
  const argument = load<u32>(instruction, ARGUMENT);
  const cookie = load<u64>(instruction, COOKIE);
  if (reason != UPCALL_ACTION) {
    upcall(packet, reason, argument, cookie);
  } else if (load<u8>(packet, PACKET_GSO_TYPE) != VNET_GSO_NONE) {
    upcallSegments(packet, argument, cookie);
  } else {
    if (load<u8>(packet, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) finishChecksum(packet);
    upcall(packet, reason, argument, cookie);
  }
  store<u32>(packet, 0, PACKET_TRUNC);
}

function upcallSegments(packet: usize, argument: u32, cookie: u64): void {
  let segment = segmentPacket(packet);
  if (segment == 0) return drop(packet, DROP_NO_BUFFER);
  let segments: u64 = 0;
  while (segment != 0) {
    const next = <usize>load<u32>(segment, PACKET_BATCH_NEXT);
    if (load<u8>(segment, PACKET_VNET_FLAGS) & VNET_F_NEEDS_CSUM) finishChecksum(segment);
    upcall(segment, UPCALL_ACTION, argument, cookie);
    segments++;
    segment = next;
  }
  countMany(COUNTER_CLONED, segments - 1);
}
