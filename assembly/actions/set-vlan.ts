/**
 * OP_SET_VLAN: TPID and TCI of the outer tag in place; the drop-eligible bit stays as it is, the key has "present" there.
 * False: no tag, or the new TPID would be none.
 */
import { KEY_VLAN_TPID0 } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { ETHERNET_TYPE } from "../packet/ethernet.ts";
import { isVlanType, VLAN_PRESENT } from "../packet/vlan.ts";
import { masked32 } from "./masked.ts";

const VALUE: usize = OP_HEADER_SIZE; // tpid(2) tci(2), as in the frame
const MASK: usize = VALUE + 4;

export function setVlan(packet: usize, instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (load<u32>(key, KEY_VLAN_TPID0) == 0) return false;
  const data: usize = load<u32>(packet, PACKET_DATA);
  const mask = load<u32>(instruction, MASK) & ~VLAN_PRESENT;
  const tag = masked32(load<u32>(data, ETHERNET_TYPE), load<u32>(instruction, VALUE), mask);
  if (!isVlanType(tag & 0xffff)) return false;
  store<u32>(data, tag, ETHERNET_TYPE);
  store<u32>(key, tag | VLAN_PRESENT, KEY_VLAN_TPID0);
  return true;
}
