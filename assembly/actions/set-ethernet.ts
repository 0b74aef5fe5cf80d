/** OP_SET_ETHERNET: addresses. False: the frame is shorter than an Ethernet header. */
import { KEY_ETH_DST } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { masked32, masked64 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // dst(6) src(6), as in the frame and in the key
const MASK: usize = VALUE + 12;

export function setEthernet(packet: usize, instruction: usize): bool {
  if (load<u16>(packet, PACKET_L3) == 0) return false;
  const data: usize = load<u32>(packet, PACKET_DATA);
  const key: usize = load<u32>(packet, PACKET_KEY);
  const start = masked64(load<u64>(data), load<u64>(instruction, VALUE), load<u64>(instruction, MASK));
  const end = masked32(load<u32>(data, 8), load<u32>(instruction, VALUE + 8), load<u32>(instruction, MASK + 8));
  store<u64>(data, start);
  store<u32>(data, end, 8);
  store<u64>(key, start, KEY_ETH_DST);
  store<u32>(key, end, KEY_ETH_DST + 8);
  return true;
}
