/**
 * TCP (RFC 9293 §3.1).
 *
 *   0 source port(2) | 2 destination port(2) | 4 sequence(4) | 8 acknowledgement(4)
 *   12 data offset(4 bits) flags(12 bits) | 14 window(2) | 16 checksum(2) | 18 urgent(2) | 20 options
 */
import { KEY_TCP_FLAGS, KEY_TP_SRC } from "../layout/key.ts";

export const TCP_SEQUENCE = 4;
export const TCP_OFFSET_FLAGS = 12;
export const TCP_FLAGS = 13;
export const TCP_CHECKSUM = 16;
export const TCP_SIZE: u32 = 20;
export const TCP_FLAG_FIN: u8 = 0x01;
export const TCP_FLAG_PSH: u8 = 0x08;
export const TCP_FLAG_CWR: u8 = 0x80;
/** The flags in TCP_OFFSET_FLAGS loaded as a little-endian u16. */
export const TCP_FLAGS_MASK: u16 = 0xff0f;

/** Stores ports and flags if the header with its options is whole: returns its length, or 0. */
@inline
export function parseTcp(key: usize, header: usize, bytes: u32): u32 {
  if (bytes < TCP_SIZE) return 0;
  const length: u32 = (<u32>(load<u8>(header, TCP_OFFSET_FLAGS) >> 4)) << 2;
  if (length < TCP_SIZE || length > bytes) return 0;
  store<u16>(key, load<u16>(header, TCP_OFFSET_FLAGS) & TCP_FLAGS_MASK, KEY_TCP_FLAGS);
  store<u32>(key, load<u32>(header), KEY_TP_SRC);
  return length;
}
