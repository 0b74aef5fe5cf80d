/**
 * Neighbor solicitation and advertisement (RFC 4861 §4.3, §4.4, options §4.6.1).
 *
 *   0 type(1)=135|136 | 1 code(1)=0 | 2 checksum(2) | 4 flags and reserved(4) | 8 target(16) | 24 options
 *   option: 0 type(1) | 1 length(1) in units of 8 bytes | 2 link-layer address(6)
 *
 * As in OVS's key: the type of the first link-layer option is kept, a second option of the same type (unless the first
 * held zeros) makes target and addresses void, and a torn option ends the walk.
 * Not handled: hop limit 255 is not demanded here (OVS matches the packet all the same; its rules ask for nw_ttl=255).
 */
import { KEY_ARP_SHA, KEY_ARP_THA, KEY_ND_OPTIONS_TYPE, KEY_ND_RESERVED, KEY_ND_TARGET } from "../layout/key.ts";

export const ND_RESERVED = 4;
export const ND_TARGET = 8;
export const ND_OPTIONS: u32 = 24;
export const ND_OPTION_SIZE: u32 = 8;
export const ND_OPTION_LENGTH = 1;
export const ND_OPTION_ADDRESS = 2;
export const ND_OPTION_SOURCE: u32 = 1;
export const ND_OPTION_TARGET: u32 = 2;
const NEIGHBOR_SOLICITATION: u32 = 135;
const NEIGHBOR_ADVERTISEMENT: u32 = 136;

@inline
export function isNeighborDiscovery(header: usize): bool {
  const typeAndCode: u32 = load<u16>(header); // the code in the upper byte must be 0
  return typeAndCode == NEIGHBOR_SOLICITATION || typeAndCode == NEIGHBOR_ADVERTISEMENT;
}

/** The header has at least 8 bytes. */
export function parseNeighborDiscovery(key: usize, header: usize, bytes: u32): void {
  store<u32>(key, load<u32>(header, ND_RESERVED), KEY_ND_RESERVED);
  if (bytes < ND_OPTIONS) return;
  v128.store(key, v128.load(header, ND_TARGET), KEY_ND_TARGET);

  let offset = ND_OPTIONS;
  while (bytes - offset >= ND_OPTION_SIZE) {
    const option = header + offset;
    const length: u32 = (<u32>load<u8>(option, ND_OPTION_LENGTH)) << 3;
    if (length == 0 || length > bytes - offset) return;
    const type: u32 = load<u8>(option);
    if (length == ND_OPTION_SIZE && (type == ND_OPTION_SOURCE || type == ND_OPTION_TARGET)) {
      const address = key + (type == ND_OPTION_SOURCE ? KEY_ARP_SHA : KEY_ARP_THA);
      if ((load<u32>(address) | <u32>load<u16>(address, 4)) != 0) {
        v128.store(key, i64x2.splat(0), KEY_ND_TARGET);
        memory.fill(key + KEY_ARP_SHA, 0, 12);
        return;
      }
      store<u16>(address, load<u16>(option, ND_OPTION_ADDRESS));
      store<u32>(address, load<u32>(option, ND_OPTION_ADDRESS + 2), 2);
      if (load<u8>(key, KEY_ND_OPTIONS_TYPE) == 0) store<u8>(key, <u8>type, KEY_ND_OPTIONS_TYPE);
    }
    offset += length;
  }
}
