/** OP_SET_MPLS: the outermost label stack entry in place. False: no label. */
import { KEY_ETH_TYPE, KEY_MPLS_LSE0 } from "../layout/key.ts";
import { PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { isMplsType, MPLS_SIZE } from "../packet/mpls.ts";
import { reparse } from "../packet/parse.ts";
import { l3Header } from "../packet/rewrite.ts";
import { masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // label stack entry(4), as in the frame
const MASK: usize = VALUE + 4;
/** The bottom-of-stack bit in an entry as loaded. */
const BOTTOM_OF_STACK: u32 = 0x0001_0000;

export function setMpls(packet: usize, instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (!isMplsType(load<u16>(key, KEY_ETH_TYPE))) return false;
  if (load<u32>(packet, PACKET_HEAD_LENGTH) - load<u16>(packet, PACKET_L3) < MPLS_SIZE) return false;
  const header = l3Header(packet);
  const before = load<u32>(header);
  const after = masked32(before, load<u32>(instruction, VALUE), load<u32>(instruction, MASK));
  store<u32>(header, after);
  store<u32>(key, after, KEY_MPLS_LSE0);
  if (((before ^ after) & BOTTOM_OF_STACK) != 0) reparse(packet); // entries came or went
  return true;
}
