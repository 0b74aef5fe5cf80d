/**
 * L4 checksums of whole packets: TCP, UDP, ICMP, ICMPv6 (RFC 1071) and SCTP (CRC32c, RFC 9260 appendix A).
 *
 * What: verify, fill in, and patch in step with an edit. A packet with VNET_F_NEEDS_CSUM for its L4 header holds only the
 *   pseudo-header's sum, not complemented: edits of addresses patch that, edits of the rest leave it alone.
 * Invariants: sums cover PACKET_L3_LENGTH, never Ethernet padding, and run over head and payload.
 * Cost: a sum 31 ns for 1 KB; a CRC 0.9 ns a byte.
 * Not handled: a routing header with hops to go (RFC 8200 §8.1): sums take the destination as it stands in the header, as
 *   OVS's do. Fragments: their checksum covers bytes of other packets, so it is only patched, never verified or computed.
 */
import { KEY_ETH_TYPE, KEY_IPV6_SRC, KEY_NW_DST, KEY_NW_FRAG, KEY_NW_PROTO, KEY_NW_SRC } from "../layout/key.ts";
import { PACKET_DATA, PACKET_HEAD_LENGTH, PACKET_KEY, PACKET_L3, PACKET_L3_LENGTH, PACKET_L4, PACKET_PAYLOAD, PACKET_VNET_FLAGS, VNET_F_DATA_VALID, VNET_F_NEEDS_CSUM } from "../layout/packet.ts";
import { addCrc32c, advanceCrc32c, finishCrc32c, startCrc32c } from "./crc32c.ts";
import { ETHER_TYPE_IPV4 } from "./ethernet.ts";
import {
  finishIpv4Checksum,
  finishSum,
  foldSum,
  patchChecksum,
  patchChecksum16,
  patchChecksum32,
  sumBytes,
  sumDifference,
  verifyIpv4Checksum,
} from "./internet-checksum.ts";
import { checksumOffset, hasPartialChecksum } from "./partial-checksum.ts";
import { PROTOCOL_ICMP, PROTOCOL_SCTP, PROTOCOL_UDP } from "./protocol.ts";
import { SCTP_CHECKSUM, SCTP_SIZE } from "./sctp.ts";
import { UDP_CHECKSUM } from "./udp.ts";

export {
  finishIpv4Checksum,
  finishSum,
  foldSum,
  hasPartialChecksum,
  patchChecksum,
  patchChecksum16,
  patchChecksum32,
  sumBytes,
  sumDifference,
  verifyIpv4Checksum,
};

/** Bytes of L4, header and payload. */
@inline
export function transportLength(packet: usize): u32 {
  return load<u32>(packet, PACKET_L3_LENGTH) - (load<u16>(packet, PACKET_L4) - load<u16>(packet, PACKET_L3));
}

/** Adds frame bytes [from, to) to a running sum, across head and payload. `from` counts as even. */
export function sumFrame(packet: usize, from: u32, to: u32, sum: u64): u64 {
  const headLength = load<u32>(packet, PACKET_HEAD_LENGTH);
  if (from >= to) return sum;
  if (from < headLength) sum = sumBytes(load<u32>(packet, PACKET_DATA) + from, min<u32>(to, headLength) - from, sum);
  if (to <= headLength) return sum;
  const start = max<u32>(from, headLength);
  const rest: u64 = foldSum(sumBytes(load<u32>(packet, PACKET_PAYLOAD) + (start - headLength), to - start, 0));
  return sum + (((start - from) & 1) == 0 ? rest : ((rest & 0xff) << 8) | (rest >> 8)); // RFC 1071 §2(B)
}

/** Sum of the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) for `length` bytes of L4. */
export function pseudoHeaderSum(key: usize, length: u32): u64 {
  const protocol: u64 = load<u8>(key, KEY_NW_PROTO);
  const sum: u64 = (protocol << 8) + bswap<u16>(<u16>length) + ((<u64>length >> 16) << 8);
  if (load<u16>(key, KEY_ETH_TYPE) == ETHER_TYPE_IPV4) {
    return sum + load<u32>(key, KEY_NW_SRC) + load<u32>(key, KEY_NW_DST);
  }
  return sumBytes(key + KEY_IPV6_SRC, 32, sum);
}

/** Sum of everything the L4 checksum covers, the checksum field included. */
function transportSum(packet: usize): u64 {
  const key: usize = load<u32>(packet, PACKET_KEY);
  const l4: u32 = load<u16>(packet, PACKET_L4);
  const length = transportLength(packet);
  const pseudo = load<u8>(key, KEY_NW_PROTO) == PROTOCOL_ICMP ? 0 : pseudoHeaderSum(key, length);
  return sumFrame(packet, l4, l4 + length, pseudo);
}

/** CRC32c of the SCTP packet, with its checksum field taken as zero. */
function sctpChecksum(packet: usize): u32 {
  const l4: u32 = load<u16>(packet, PACKET_L4);
  const end = l4 + transportLength(packet);
  const headLength = load<u32>(packet, PACKET_HEAD_LENGTH);
  const data: usize = load<u32>(packet, PACKET_DATA);
  let crc = addCrc32c(startCrc32c(), data + l4, SCTP_CHECKSUM);
  crc = advanceCrc32c(crc, 4);
  crc = addCrc32c(crc, data + l4 + SCTP_SIZE, min<u32>(end, headLength) - l4 - SCTP_SIZE);
  if (end > headLength) crc = addCrc32c(crc, load<u32>(packet, PACKET_PAYLOAD), end - headLength);
  return finishCrc32c(crc);
}

/** True when the L4 checksum is right, or offload metadata vouches for it, or there is none that could be checked. */
export function verifyTransportChecksum(packet: usize): bool {
  const l4: usize = load<u16>(packet, PACKET_L4);
  if (l4 == 0 || (load<u8>(packet, PACKET_VNET_FLAGS) & (VNET_F_NEEDS_CSUM | VNET_F_DATA_VALID)) != 0) return true;
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (load<u8>(key, KEY_NW_FRAG) != 0) return true;
  const header = <usize>load<u32>(packet, PACKET_DATA) + l4;
  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  if (protocol == PROTOCOL_SCTP) return load<u32>(header, SCTP_CHECKSUM) == sctpChecksum(packet);
  if (protocol == PROTOCOL_UDP && load<u16>(header, UDP_CHECKSUM) == 0) {
    return load<u16>(key, KEY_ETH_TYPE) == ETHER_TYPE_IPV4; // RFC 768: none; RFC 8200 §8.1 forbids it
  }
  return foldSum(transportSum(packet)) == 0xffff;
}

/** Computes the L4 checksum over head and payload, and clears VNET_F_NEEDS_CSUM if it was about this header. */
export function computeTransportChecksum(packet: usize): void {
  const l4: usize = load<u16>(packet, PACKET_L4);
  const key: usize = load<u32>(packet, PACKET_KEY);
  if (l4 == 0 || load<u8>(key, KEY_NW_FRAG) != 0) return;
  if (hasPartialChecksum(packet)) {
    store<u8>(packet, load<u8>(packet, PACKET_VNET_FLAGS) & ~(<u8>VNET_F_NEEDS_CSUM), PACKET_VNET_FLAGS);
  }
  const header = <usize>load<u32>(packet, PACKET_DATA) + l4;
  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  if (protocol == PROTOCOL_SCTP) {
    store<u32>(header, sctpChecksum(packet), SCTP_CHECKSUM);
    return;
  }
  const field = header + checksumOffset(protocol);
  store<u16>(field, 0);
  const sum = finishSum(transportSum(packet));
  store<u16>(field, sum == 0 && protocol == PROTOCOL_UDP ? 0xffff : sum);
}

/**
 * Patches the L4 checksum after an edit: `difference` as from `sumDifference`, `pseudo` when the pseudo-header changed and not L4.
 * SCTP is left alone: its CRC covers no pseudo-header, and `patchSctpChecksum` follows its ports.
 */
export function patchTransportChecksum(packet: usize, difference: u64, pseudo: bool): void {
  const l4: usize = load<u16>(packet, PACKET_L4);
  if (l4 == 0) return;
  const protocol: u32 = load<u8>(load<u32>(packet, PACKET_KEY), KEY_NW_PROTO);
  const offset = checksumOffset(protocol);
  if (offset == 0 || (pseudo && protocol == PROTOCOL_ICMP)) return;
  const field = <usize>load<u32>(packet, PACKET_DATA) + l4 + offset;
  if (hasPartialChecksum(packet)) {
    if (pseudo) store<u16>(field, <u16>foldSum(load<u16>(field) + difference));
    return;
  }
  if (protocol == PROTOCOL_UDP) {
    if (load<u16>(field) == 0) return; // the sender gave none
    patchChecksum(field, difference);
    if (load<u16>(field) == 0) store<u16>(field, 0xffff);
    return;
  }
  patchChecksum(field, difference);
}

/**
 * Patches the CRC32c after the ports changed from `before` to `after` (both as loaded, source and destination at once).
 * CRCs are linear: the difference of the ports, moved on by the bytes that follow, is the difference of the CRCs. So the
 * payload is not read, and a wrong CRC stays wrong.
 */
export function patchSctpChecksum(packet: usize, before: u32, after: u32): void {
  if (hasPartialChecksum(packet) || before == after) return;
  const field = <usize>load<u32>(packet, PACKET_DATA) + load<u16>(packet, PACKET_L4) + SCTP_CHECKSUM;
  const difference = advanceCrc32c(before ^ after, transportLength(packet));
  store<u32>(field, load<u32>(field) ^ difference);
}
