/** Checksums as the RFCs define them, byte by byte: what the fast path's fast ones are compared with. */

/** One's complement sum of 16-bit big-endian words (RFC 1071), not complemented. */
export function onesSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return sum;
}

export function internetChecksum(bytes: Uint8Array, start = 0): number {
  return onesSum(bytes, start) ^ 0xffff;
}

/** Sum of the pseudo-header of IPv4 (4-byte addresses) or IPv6. */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  const header = new Uint8Array([
    ...source,
    ...destination,
    0,
    protocol,
    length >>> 24,
    length >>> 16,
    length >>> 8,
    length,
  ]);
  return onesSum(header);
}

/** CRC32c bit by bit (RFC 9260 appendix A); stored little-endian. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
