/** Checksums of the packets that handlers make: rare, so written for reading. */
import { type Address, addressBytes } from "../../network/ip.ts";

/** RFC 1071. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i] << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1 for IPv6. Every field sits on an even offset. */
export function pseudoHeader(source: Address, destination: Address, protocol: number, length: number): Uint8Array {
  const tail = [0, 0, length >>> 8, length & 0xff, 0, 0, 0, protocol];
  return Uint8Array.from([...addressBytes(source), ...addressBytes(destination), ...tail]);
}

/** CRC-32C as SCTP wants it (RFC 9260 appendix A), to be written in little-endian order. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
