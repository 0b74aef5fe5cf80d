import { PACKET_FLAGS, PACKET_FLAG_TORN } from "../layout/packet.ts";

/** Marks a packet whose header announces more bytes than the frame has. Returns 0, a header parser's "no header". */
export function markTorn(packet: usize): u32 {
  store<u16>(packet, load<u16>(packet, PACKET_FLAGS) | PACKET_FLAG_TORN, PACKET_FLAGS);
  return 0;
}
