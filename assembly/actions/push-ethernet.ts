/**
 * OP_PUSH_ETHERNET: an Ethernet header onto a packet that has none. False: the frame is shorter than that header.
 *
 * A packet without an Ethernet header keeps the place of one, with addresses of zero (pop-ethernet.ts, add-mpls.ts), so that all
 * offsets stay right: to push one is to write the addresses. Such a packet leaves by no port; translation sees to that.
 */
import { KEY_ETH_DST } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";

const ADDRESSES: usize = OP_HEADER_SIZE; // dst(6) src(6), as in the frame and in the key

export function pushEthernet(packet: usize, instruction: usize): bool {
  return writeAddresses(packet, load<u64>(instruction, ADDRESSES), load<u32>(instruction, ADDRESSES + 8));
}

/** Both addresses, as loaded, in frame and key. */
@inline
export function writeAddresses(packet: usize, start: u64, end: u32): bool {
  if (load<u16>(packet, PACKET_L3) == 0) return false;
  const data: usize = load<u32>(packet, PACKET_DATA);
  const key: usize = load<u32>(packet, PACKET_KEY);
  store<u64>(data, start);
  store<u32>(data, end, 8);
  store<u64>(key, start, KEY_ETH_DST);
  store<u32>(key, end, KEY_ETH_DST + 8);
  return true;
}
