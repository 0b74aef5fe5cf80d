/**
 * IEEE 802.1Q tags, at most two in the key: 0x8100 and 0x88a8 in any order.
 *
 *   0 tpid(2) | 2 tci(2): priority(3) drop-eligible(1) vid(12)
 *
 * The key keeps "present" in the place of the drop-eligible bit (VLAN_CFI).
 * Not handled: a third tag; its TPID becomes the key's Ethernet type and nothing after it is looked at.
 */
import { KEY_VLAN_TPID0 } from "../layout/key.ts";
import { ETHER_TYPE_QINQ, ETHER_TYPE_VLAN, ETHERNET_TYPE } from "./ethernet.ts";

export const VLAN_SIZE: u32 = 4;
/** VLAN_CFI in a tag loaded as one little-endian u32. */
export const VLAN_PRESENT: u32 = 0x0010_0000;

@inline
export function isVlanType(type: u32): bool {
  return type == ETHER_TYPE_VLAN || type == ETHER_TYPE_QINQ;
}

/** Stores the tags and returns the offset of the Ethernet type after them. A tag counts only if a type follows it. */
@inline
export function parseVlans(key: usize, data: usize, readable: u32): u32 {
  let offset: u32 = ETHERNET_TYPE;
  if (isVlanType(load<u16>(data, ETHERNET_TYPE)) && readable >= offset + VLAN_SIZE + 2) {
    store<u32>(key, load<u32>(data, ETHERNET_TYPE) | VLAN_PRESENT, KEY_VLAN_TPID0);
    offset += VLAN_SIZE;
    if (isVlanType(load<u16>(data + offset)) && readable >= offset + VLAN_SIZE + 2) {
      store<u32>(key, load<u32>(data + offset) | VLAN_PRESENT, KEY_VLAN_TPID0 + 4);
      offset += VLAN_SIZE;
    }
  }
  return offset;
}
