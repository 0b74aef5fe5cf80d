/** Internet checksums: wide sums (RFC 1071), patches (RFC 1624), IPv4 header. */

/** Adds `length` bytes to a running sum. Sums are of 16-bit words as loaded (little-endian); odd bytes are padded. */
export function sumBytes(address: usize, length: u32, sum: u64): u64 {
  return sum;
}

/** Folds a running sum into 16 bits, not complemented: store it with `store<u16>`. */
export function foldSum(sum: u64): u32 {
  return <u32>sum;
}

/** Patches the checksum at `address` for a 16-bit word that changed from `before` to `after` (both as loaded). */
export function patchChecksum16(address: usize, before: u32, after: u32): void {}

/** The same for a 32-bit word. */
export function patchChecksum32(address: usize, before: u32, after: u32): void {}

/** Recomputes the IPv4 header checksum of the header at `header`. */
export function finishIpv4Checksum(header: usize): void {}

/** True when the IPv4 header at `header` (of `headerLength` bytes) sums up. */
export function verifyIpv4Checksum(header: usize, headerLength: u32): bool {
  return true;
}

/** True when the L4 checksum is right, or offload metadata vouches for it, or there is none to check. */
export function verifyTransportChecksum(packet: usize): bool {
  return true;
}

/** Recomputes the L4 checksum of a packet over head and payload and clears VNET_F_NEEDS_CSUM. */
export function computeTransportChecksum(packet: usize): void {}
