/** OP_HASH: dp_hash of the packet, for the recirculation that follows to match on. */
import { KEY_DP_HASH } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { dpHash } from "../select/dp-hash.ts";

const ALGORITHM: usize = 8;
const BASIS: usize = 12;

export function hashPacket(packet: usize, instruction: usize): void {
  const hash = dpHash(packet, load<u32>(instruction, ALGORITHM), load<u32>(instruction, BASIS));
  store<u32>(load<u32>(packet, PACKET_KEY), bswap<u32>(hash), KEY_DP_HASH);
}
