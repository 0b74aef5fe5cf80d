/**
 * OP_CHECK_PKT_LEN: one of two nested programs, by the length of the frame.
 *
 * A super-packet counts with the length of its longest segment, which is what the wire will see: OVN compares with a
 * gateway's MTU, and traffic that will be cut to fit must not be answered with "fragmentation needed".
 */
import { count, drop } from "../counters.ts";
import { COUNTER_CLONED, DROP_BAD_PROGRAM } from "../layout/counter.ts";
import { PACKET_GSO_SIZE, PACKET_GSO_TYPE, PACKET_L7, PACKET_LENGTH, VNET_GSO_NONE } from "../layout/packet.ts";
import { runNested } from "./clone.ts";

const LIMIT: usize = 8;
const GREATER_BYTES: usize = 12;
const PROGRAMS: usize = 16;

export function checkPacketLength(packet: usize, instruction: usize, next: usize, last: bool, nesting: u32): void {
  const programs = instruction + PROGRAMS;
  const greaterBytes = load<u32>(instruction, GREATER_BYTES);
  if (<usize>greaterBytes > next - programs) {
    if (!last) count(COUNTER_CLONED);
    return drop(packet, DROP_BAD_PROGRAM);
  }
  const split = programs + greaterBytes;
  if (wireLength(packet) > load<u32>(instruction, LIMIT)) runNested(packet, programs, split, last, nesting);
  else runNested(packet, split, next, last, nesting);
}

function wireLength(packet: usize): u32 {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (load<u8>(packet, PACKET_GSO_TYPE) == VNET_GSO_NONE) return length;
  return min<u32>(length, <u32>load<u16>(packet, PACKET_L7) + load<u16>(packet, PACKET_GSO_SIZE));
}
