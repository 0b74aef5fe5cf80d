/** OP_PUSH_MPLS: a new outermost label between the Ethernet type and what followed it. False: no header to push onto, no headroom. */
import { PACKET_DATA, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { openGap } from "../packet/l2.ts";
import { isMplsType, MPLS_SIZE } from "../packet/mpls.ts";
import { reparse } from "../packet/parse.ts";

const TYPE: usize = OP_HEADER_SIZE; // ethertype(2) pad(2)
const ENTRY: usize = TYPE + 4;

export function pushMpls(packet: usize, instruction: usize): bool {
  const offset: u32 = load<u16>(packet, PACKET_L3);
  const type = load<u16>(instruction, TYPE);
  if (offset == 0 || !isMplsType(type) || !openGap(packet, offset, MPLS_SIZE)) return false;
  const stack = <usize>load<u32>(packet, PACKET_DATA) + offset;
  store<u16>(stack - 2, type);
  store<u32>(stack, load<u32>(instruction, ENTRY));
  reparse(packet);
  return true;
}
