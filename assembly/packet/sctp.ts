/**
 * SCTP common header (RFC 9260 §3.1).
 *
 *   0 source port(2) | 2 destination port(2) | 4 verification tag(4) | 8 CRC32c(4) | 12 chunks
 */
import { KEY_TP_SRC } from "../layout/key.ts";

export const SCTP_CHECKSUM = 8;
export const SCTP_SIZE: u32 = 12;

/** Stores the ports if the header is whole: returns its length, or 0. */
@inline
export function parseSctp(key: usize, header: usize, bytes: u32): u32 {
  if (bytes < SCTP_SIZE) return 0;
  store<u32>(key, load<u32>(header), KEY_TP_SRC);
  return SCTP_SIZE;
}
