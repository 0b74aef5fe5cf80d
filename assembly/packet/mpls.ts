/**
 * MPLS label stack (RFC 3032), three entries in the key.
 *
 *   0 label(20 bits) traffic class(3) bottom of stack(1) ttl(8)
 *
 * Not handled: what the labels carry. It shows when the last label is popped.
 */
import { KEY_EXTENT_MPLS, KEY_MPLS_LSE0 } from "../layout/key.ts";
import { PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { ETHER_TYPE_MPLS, ETHER_TYPE_MPLS_MULTICAST } from "./ethernet.ts";

export const MPLS_SIZE: u32 = 4;
const KEY_ENTRIES: u32 = 3;
/** The bottom-of-stack bit in an entry loaded as a little-endian u32. */
const BOTTOM_OF_STACK: u32 = 0x0001_0000;

@inline
export function isMplsType(type: u32): bool {
  return type == ETHER_TYPE_MPLS || type == ETHER_TYPE_MPLS_MULTICAST;
}

export function parseMpls(packet: usize, key: usize, header: usize, readable: u32): void {
  store<u32>(packet, max<u32>(load<u32>(packet, PACKET_KEY_EXTENT), KEY_EXTENT_MPLS), PACKET_KEY_EXTENT);
  for (let entry: u32 = 0; entry < KEY_ENTRIES && readable >= (entry + 1) * MPLS_SIZE; entry++) {
    const value = load<u32>(header + entry * MPLS_SIZE);
    store<u32>(key + entry * MPLS_SIZE, value, KEY_MPLS_LSE0);
    if ((value & BOTTOM_OF_STACK) != 0) return;
  }
}
