/** Where a packet's L4 header and payload are. */
import { PACKET_DATA, PACKET_HEAD_LENGTH, PACKET_L3, PACKET_L3_LENGTH, PACKET_L4 } from "../layout/packet.ts";

/** Address of the L4 header. */
@inline
export function transportHeader(packet: usize): usize {
  return <usize>load<u32>(packet, PACKET_DATA) + load<u16>(packet, PACKET_L4);
}

/** Bytes from the L4 header to the end of the IP packet; 0 when the record contradicts itself. */
@inline
export function transportLength(packet: usize): u32 {
  const end = <u32>load<u16>(packet, PACKET_L3) + load<u32>(packet, PACKET_L3_LENGTH);
  const start = <u32>load<u16>(packet, PACKET_L4);
  return end > start ? end - start : 0;
}

/** Those of them that are contiguous at `transportHeader`: what may be read without looking at the payload's place. */
@inline
export function transportHeadLength(packet: usize): u32 {
  const head = load<u32>(packet, PACKET_HEAD_LENGTH);
  const start = <u32>load<u16>(packet, PACKET_L4);
  return head > start ? min<u32>(head - start, transportLength(packet)) : 0;
}

@inline
export function network16(address: usize): u32 {
  return bswap<u16>(load<u16>(address));
}

@inline
export function network32(address: usize): u32 {
  return bswap<u32>(load<u32>(address));
}
