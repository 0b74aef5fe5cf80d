/**
 * OP_ADD_MPLS: a label in front of the whole packet, which then has no Ethernet header (push-ethernet.ts). False: no headroom, or
 * not a type of MPLS.
 *
 * A packet that has an Ethernet header keeps it, behind the label; one that has none is labelled where that header's place ends.
 */
import { PACKET_DATA } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { ETHERNET_SIZE, ETHERNET_TYPE } from "../packet/ethernet.ts";
import { openGap } from "../packet/l2.ts";
import { isMplsType, MPLS_SIZE } from "../packet/mpls.ts";
import { reparse } from "../packet/parse.ts";
import { pushMpls } from "./push-mpls.ts";

const TYPE: usize = OP_HEADER_SIZE; // ethertype(2) covers(1) pad(1)
const COVERS: usize = TYPE + 2;
const ENTRY: usize = TYPE + 4;

export function addMpls(packet: usize, instruction: usize): bool {
  if (load<u8>(instruction, COVERS) == 0) return pushMpls(packet, instruction);
  const type = load<u16>(instruction, TYPE);
  if (!isMplsType(type) || !openGap(packet, 0, ETHERNET_SIZE + MPLS_SIZE)) return false;
  const data = <usize>load<u32>(packet, PACKET_DATA);
  store<u64>(data, 0);
  store<u32>(data, 0, 8);
  store<u16>(data, type, ETHERNET_TYPE);
  store<u32>(data + ETHERNET_SIZE, load<u32>(instruction, ENTRY));
  reparse(packet);
  return true;
}
