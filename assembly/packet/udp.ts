/**
 * UDP (RFC 768).
 *
 *   0 source port(2) | 2 destination port(2) | 4 length(2) | 6 checksum(2), 0 = none
 */
import { KEY_TP_SRC } from "../layout/key.ts";

export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
export const UDP_SIZE: u32 = 8;

/** Stores the ports if the header is whole: returns its length, or 0. */
@inline
export function parseUdp(key: usize, header: usize, bytes: u32): u32 {
  if (bytes < UDP_SIZE) return 0;
  store<u32>(key, load<u32>(header), KEY_TP_SRC);
  return UDP_SIZE;
}
