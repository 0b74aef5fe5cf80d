/**
 * Ethernet II and IEEE 802.3 with LLC/SNAP (IEEE 802.3 §3, RFC 1042).
 *
 *   0 dst(6) | 6 src(6) | 12 type or length(2)
 *   LLC/SNAP after a length: 0 dsap(1)=aa ssap(1)=aa control(1)=03 | 3 organization(3)=0 | 6 type(2)
 *
 * Not handled: 802.2 without SNAP, or SNAP of another organization: the key says type 0x05ff, as OVS's does.
 */
import { KEY_ETH_DST, KEY_ETH_TYPE } from "../layout/key.ts";

export const ETHERNET_SOURCE = 6;
export const ETHERNET_TYPE = 12;
export const ETHERNET_SIZE: u32 = 14;
const SNAP_SIZE: u32 = 8;

/** Types as they lie in memory, loaded as a little-endian u16. */
export const ETHER_TYPE_IPV4: u32 = 0x0008;
export const ETHER_TYPE_IPV6: u32 = 0xdd86;
export const ETHER_TYPE_ARP: u32 = 0x0608;
export const ETHER_TYPE_RARP: u32 = 0x3580;
export const ETHER_TYPE_VLAN: u32 = 0x0081;
export const ETHER_TYPE_QINQ: u32 = 0xa888;
export const ETHER_TYPE_MPLS: u32 = 0x4788;
export const ETHER_TYPE_MPLS_MULTICAST: u32 = 0x4888;
/** A whole Ethernet frame inside ("transparent Ethernet bridging"). */
export const ETHER_TYPE_ETHERNET: u32 = 0x5865;
const ETHER_TYPE_NONE: u16 = 0xff05;

/** Copies both addresses into the key. The frame has at least ETHERNET_SIZE bytes. */
@inline
export function parseEthernetAddresses(key: usize, data: usize): void {
  store<u64>(key, load<u64>(data), KEY_ETH_DST);
  store<u32>(key, load<u32>(data, 8), KEY_ETH_DST + 8);
}

/** Stores the frame's type, whose field is at `offset` (after tags), and returns where the next header starts. */
@inline
export function parseEthernetType(key: usize, data: usize, offset: u32, readable: u32): u32 {
  const type = load<u16>(data + offset);
  if (bswap<u16>(type) >= 0x600) {
    store<u16>(key, type, KEY_ETH_TYPE);
    return offset + 2;
  }
  return parseSnap(key, data, offset + 2, readable);
}

function parseSnap(key: usize, data: usize, offset: u32, readable: u32): u32 {
  store<u16>(key, ETHER_TYPE_NONE, KEY_ETH_TYPE);
  if (readable - offset < SNAP_SIZE) return offset;
  const header = load<u64>(data + offset);
  if ((header & 0xffff_ffff_ffff) != 0x0000_0003_aaaa) return offset;
  const type = <u16>(header >> 48);
  if (bswap<u16>(type) >= 0x600) store<u16>(key, type, KEY_ETH_TYPE);
  return offset + SNAP_SIZE;
}
