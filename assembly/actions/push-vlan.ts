/** OP_PUSH_VLAN: a new outer tag, drop-eligible bit clear. False: no Ethernet header, no headroom, or not a tag's TPID. */
import { KEY_VLAN_TPID0, KEY_VLAN_TPID1 } from "../layout/key.ts";
import { PACKET_DATA, PACKET_KEY, PACKET_L3 } from "../layout/packet.ts";
import { OP_HEADER_SIZE } from "../layout/program.ts";
import { ETHERNET_TYPE } from "../packet/ethernet.ts";
import { openGap } from "../packet/l2.ts";
import { reparse } from "../packet/parse.ts";
import { isVlanType, VLAN_PRESENT, VLAN_SIZE } from "../packet/vlan.ts";

const TAG: usize = OP_HEADER_SIZE; // tpid(2) tci(2) with VLAN_CFI

export function pushVlan(packet: usize, instruction: usize): bool {
  const tag = load<u32>(instruction, TAG);
  if (load<u16>(packet, PACKET_L3) == 0 || !isVlanType(tag & 0xffff)) return false;
  if (!openGap(packet, ETHERNET_TYPE, VLAN_SIZE)) return false;
  store<u32>(load<u32>(packet, PACKET_DATA), tag & ~VLAN_PRESENT, ETHERNET_TYPE);

  const key: usize = load<u32>(packet, PACKET_KEY);
  const inner = load<u32>(key, KEY_VLAN_TPID1);
  store<u32>(key, load<u32>(key, KEY_VLAN_TPID0), KEY_VLAN_TPID1);
  store<u32>(key, tag | VLAN_PRESENT, KEY_VLAN_TPID0);
  if (inner != 0) reparse(packet); // a third tag hides all that follows
  return true;
}
