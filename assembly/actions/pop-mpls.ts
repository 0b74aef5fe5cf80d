/**
 * OP_POP_MPLS: takes the outermost label off; the Ethernet type says what follows. False: no label, or no whole Ethernet header
 * behind it where the type says that there is one (ETHER_TYPE_ETHERNET): what was in front of the label goes with it then.
 */
import { KEY_ETH_TYPE } from "../layout/key.ts";
import { PACKET_DATA, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { ETHER_TYPE_ETHERNET, ETHERNET_SIZE } from "../packet/ethernet.ts";
import { closeGap } from "../packet/l2.ts";
import { isMplsType, MPLS_SIZE } from "../packet/mpls.ts";
import { reparse } from "../packet/parse.ts";

const TYPE: usize = OP_HEADER_SIZE; // ethertype(2) pad(2)

export function popMpls(packet: usize, instruction: usize): bool {
  if (!isMplsType(load<u16>(load<u32>(packet, PACKET_KEY), KEY_ETH_TYPE))) return false;
  const offset: u32 = load<u16>(packet, PACKET_L3);
  if (load<u32>(packet, PACKET_HEAD_LENGTH) - offset < MPLS_SIZE) return false;
  if (load<u16>(instruction, TYPE) == ETHER_TYPE_ETHERNET) return uncoverFrame(packet, offset + MPLS_SIZE);
  closeGap(packet, offset, MPLS_SIZE);
  store<u16>(<usize>load<u32>(packet, PACKET_DATA) + offset - 2, load<u16>(instruction, TYPE));
  reparse(packet);
  return true;
}

function uncoverFrame(packet: usize, bytes: u32): bool {
  if (load<u32>(packet, PACKET_HEAD_LENGTH) < bytes + ETHERNET_SIZE) return false;
  closeGap(packet, 0, bytes);
  reparse(packet);
  return true;
}
