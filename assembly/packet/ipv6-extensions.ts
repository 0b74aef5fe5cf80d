/**
 * IPv6 extension headers (RFC 8200 §4, RFC 4302 §2).
 *
 *   hop-by-hop, destination options, routing: 0 next header(1) | 1 length(1) in 8 bytes beyond the first 8
 *   routing also:                             2 type(1) | 3 segments left(1)
 *   authentication:                           0 next header(1) | 1 length(1) in 4 bytes beyond the first 8
 *   fragment, always 8 bytes:                 0 next header(1) | 2 offset(13 bits) reserved(2) more(1)
 *
 * Each step moves at least 8 bytes on, so the walk ends within the readable bytes.
 * Not handled: ESP (RFC 4303), mobility (RFC 6275) and others count as the upper protocol, as in OVS.
 */
import { KEY_NW_FRAG, KEY_NW_PROTO, NW_FRAG_ANY, NW_FRAG_LATER } from "../layout/key.ts";
import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from "./protocol.ts";

const NEXT_HEADER = 0;
const LENGTH = 1;
const SEGMENTS_LEFT = 3;
const FRAGMENT_OFFSET = 2;
/** The 13 offset bits in the field loaded as a little-endian u16. */
const OFFSET_BITS: u32 = 0xf8ff;

@inline
function isExtension(protocol: u32): bool {
  return (
    protocol == PROTOCOL_HOP_BY_HOP ||
    protocol == PROTOCOL_ROUTING ||
    protocol == PROTOCOL_FRAGMENT ||
    protocol == PROTOCOL_AUTHENTICATION ||
    protocol == PROTOCOL_DESTINATION_OPTIONS
  );
}

@inline
function extensionLength(protocol: u32, extension: usize): u32 {
  const length: u32 = load<u8>(extension, LENGTH);
  if (protocol == PROTOCOL_FRAGMENT) return 8;
  return protocol == PROTOCOL_AUTHENTICATION ? (length + 2) << 2 : (length + 1) << 3;
}

/** What `parseIpv6Extensions` returns when a header reaches past the end. */
export const EXTENSIONS_TORN: u32 = 0xffff_ffff;

/**
 * Stores the upper protocol and the fragment bits. `bytes` of extensions and payload may be read; `first` is the IPv6
 * header's next header. Returns the length of all extensions; when they are torn, nothing is stored.
 */
export function parseIpv6Extensions(key: usize, first: u32, extensions: usize, bytes: u32): u32 {
  let protocol = first;
  let fragment: u32 = 0;
  let offset: u32 = 0;
  while (isExtension(protocol)) {
    if (bytes - offset < 8) return EXTENSIONS_TORN;
    const extension = extensions + offset;
    const length = extensionLength(protocol, extension);
    if (bytes - offset < length) return EXTENSIONS_TORN;
    offset += length;
    if (protocol == PROTOCOL_FRAGMENT) {
      const bits: u32 = load<u16>(extension, FRAGMENT_OFFSET);
      if (bits != 0) fragment = NW_FRAG_ANY; // an atomic fragment (RFC 6946) is none
      if ((bits & OFFSET_BITS) != 0) {
        fragment |= NW_FRAG_LATER;
        break; // what follows is payload: the protocol in the key stays "fragment"
      }
    }
    protocol = load<u8>(extension, NEXT_HEADER);
  }
  store<u8>(key, <u8>fragment, KEY_NW_FRAG);
  store<u8>(key, <u8>protocol, KEY_NW_PROTO);
  return offset;
}

/**
 * True while a routing header has hops to go: the destination address is then not the one that checksums cover
 * (RFC 8200 §8.1). `bytes` of extensions have been walked by the parser.
 */
export function hasRoutingHops(first: u32, extensions: usize, bytes: u32): bool {
  let protocol = first;
  let offset: u32 = 0;
  while (offset + 8 <= bytes && isExtension(protocol)) {
    const extension = extensions + offset;
    if (protocol == PROTOCOL_ROUTING && load<u8>(extension, SEGMENTS_LEFT) != 0) return true;
    offset += extensionLength(protocol, extension);
    protocol = load<u8>(extension, NEXT_HEADER);
  }
  return false;
}
