/** NAT's edits: addresses and ports, with every checksum and the flow key in step. */

/** Replaces the IPv4 (4 bytes) or IPv6 (16 bytes) source or destination address by the one at `address`. */
export function rewriteAddress(packet: usize, source: bool, address: usize): void {}

/** Replaces the source or destination port of TCP, UDP or SCTP (host order). Nothing for packets without an L4 header. */
export function rewritePort(packet: usize, source: bool, port: u32): void {}
