/** OP_POP_VLAN: takes the outer tag off. False: there is none. */
import { KEY_ETH_TYPE, KEY_VLAN_TPID0, KEY_VLAN_TPID1 } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { ETHERNET_TYPE } from "../packet/ethernet.ts";
import { closeGap } from "../packet/l2.ts";
import { reparse } from "../packet/parse.ts";
import { isVlanType, VLAN_SIZE } from "../packet/vlan.ts";

export function popVlan(packet: usize, _instruction: usize): bool {
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (load<u32>(key, KEY_VLAN_TPID0) == 0) return false;
  closeGap(packet, ETHERNET_TYPE, VLAN_SIZE);
  store<u32>(key, load<u32>(key, KEY_VLAN_TPID1), KEY_VLAN_TPID0);
  store<u32>(key, 0, KEY_VLAN_TPID1);
  if (isVlanType(load<u16>(key, KEY_ETH_TYPE))) reparse(packet); // a third tag comes into sight
  return true;
}
