/**
 * ICMP (RFC 792).
 *
 *   0 type(1) | 1 code(1) | 2 checksum(2) | 4 identifier(2) sequence(2), or what the type puts there
 */
import { KEY_TP_DST, KEY_TP_SRC } from "../layout/key.ts";

export const ICMP_CHECKSUM = 2;
export const ICMP_SIZE: u32 = 8;

/** Stores type and code, each in the low byte of a port, if the header is whole: returns its length, or 0. */
@inline
export function parseIcmp(key: usize, header: usize, bytes: u32): u32 {
  if (bytes < ICMP_SIZE) return 0;
  store<u8>(key, load<u8>(header), KEY_TP_SRC + 1);
  store<u8>(key, load<u8>(header, 1), KEY_TP_DST + 1);
  return ICMP_SIZE;
}
