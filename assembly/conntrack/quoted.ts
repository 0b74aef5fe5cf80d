/**
 * The packet that an ICMP error quotes: finding its tuple, and translating it along with the error.
 *
 * What: an error goes to who sent the quoted packet, so the quoted tuple reversed is the direction of the error. Its
 *   quoted sender must be the error's destination: otherwise anybody could tear down other people's connections.
 * Invariants: LOOKUP_INNER_* are addresses inside the packet's contiguous head, checked here, used in the same pass.
 * Not handled: quoted fragments other than the first, quoted IPv6 extension headers past MAX_EXTENSIONS, a quoted
 *   packet that is itself an error (RFC 1122 §3.2.2 forbids it): all invalid.
 */
import { LOOKUP_INNER_END, LOOKUP_INNER_L3, LOOKUP_INNER_L4, LOOKUP_KEY, LOOKUP_RELATED, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE6_SIZE, TUPLE_DST } from "../layout/conntrack.ts";
import { patchChecksum16 } from "../packet/checksum.ts";
import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_ROUTING,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../packet/protocol.ts";
import { digestLookup } from "./extract.ts";
import { extractIcmp } from "./icmp.ts";
import { extractIcmpv6 } from "./icmpv6.ts";
import { extractSctp } from "./sctp.ts";
import { extractTcp } from "./tcp.ts";
import { isIpv6, packKey, protocolOf, reverseLookup, setAddresses, setEnds } from "./tuple.ts";
import { extractUdp } from "./udp.ts";

const ERROR_HEADER_SIZE: u32 = 8;
const ICMP_CHECKSUM = 2;
const IPV4_HEADER_SIZE: u32 = 20;
const IPV4_CHECKSUM = 10;
const IPV4_SRC = 12;
const IPV6_HEADER_SIZE: u32 = 40;
const IPV6_SRC = 8;
const MAX_EXTENSIONS = 8;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;

/** Length of the quoted IPv4 header with LOOKUP_KEY and addresses filled, 0 when it is none to rely on. */
function extractIpv4(lookup: usize, header: usize, length: u32, zone: u32): u32 {
  if (length < IPV4_HEADER_SIZE || load<u8>(header) >> 4 != 4) return 0;
  const headerLength = <u32>(load<u8>(header) & 15) << 2;
  if (headerLength < IPV4_HEADER_SIZE || headerLength > length) return 0;
  // More fragments, or an offset: a fragment.
  if (load<u16>(header, 6) & 0xff3f) return 0;
  if (load<u32>(header, IPV4_SRC) != load<u32>(lookup, LOOKUP_TUPLE + TUPLE_DST)) return 0;
  store<u32>(lookup, packKey(zone, load<u8>(header, 9), 4), LOOKUP_KEY);
  setAddresses(lookup, load<u32>(header, IPV4_SRC), load<u32>(header, IPV4_SRC + 4));
  return headerLength;
}

@inline
function isExtension(protocol: u32): bool {
  return (
    protocol == PROTOCOL_HOP_BY_HOP ||
    protocol == PROTOCOL_ROUTING ||
    protocol == PROTOCOL_DESTINATION_OPTIONS ||
    protocol == PROTOCOL_AUTHENTICATION
  );
}

/** The same for IPv6, extension headers included. */
function extractIpv6(lookup: usize, header: usize, length: u32, zone: u32): u32 {
  if (length < IPV6_HEADER_SIZE || load<u8>(header) >> 4 != 6) return 0;
  if (load<u64>(header, IPV6_SRC) != load<u64>(lookup, LOOKUP_TUPLE6 + 16)) return 0;
  if (load<u64>(header, IPV6_SRC + 8) != load<u64>(lookup, LOOKUP_TUPLE6 + 24)) return 0;
  let next = <u32>load<u8>(header, 6);
  let at = IPV6_HEADER_SIZE;
  for (let walked = 0; walked < MAX_EXTENSIONS; walked++) {
    if (!isExtension(next)) break;
    if (at + 8 > length) return 0;
    const units = <u32>load<u8>(header + at, 1);
    const size: u32 = next == PROTOCOL_AUTHENTICATION ? (units + 2) << 2 : (units + 1) << 3;
    next = load<u8>(header + at);
    at += size;
    if (at > length) return 0;
  }
  if (next == PROTOCOL_FRAGMENT) return 0;
  store<u32>(lookup, packKey(zone, next, 6), LOOKUP_KEY);
  memory.copy(lookup + LOOKUP_TUPLE6, header + IPV6_SRC, TUPLE6_SIZE);
  digestLookup(lookup);
  return at;
}

/** Puts the tuple of the error's direction in the place of its own; `length` bytes are contiguous at `error`. */
export function extractQuoted(lookup: usize, error: usize, length: u32): bool {
  if (length < ERROR_HEADER_SIZE) return false;
  const key = load<u32>(lookup, LOOKUP_KEY);
  const header = error + ERROR_HEADER_SIZE;
  const rest = length - ERROR_HEADER_SIZE;
  const headerLength = isIpv6(key)
    ? extractIpv6(lookup, header, rest, key & 0xffff)
    : extractIpv4(lookup, header, rest, key & 0xffff);
  if (headerLength == 0) return false;
  const transport = header + headerLength;
  store<u32>(lookup, <u32>header, LOOKUP_INNER_L3);
  store<u32>(lookup, <u32>transport, LOOKUP_INNER_L4);
  store<u32>(lookup, <u32>(error + length), LOOKUP_INNER_END);
  if (!extractQuotedTransport(lookup, transport, rest - headerLength)) return false;
  store<u32>(lookup, 1, LOOKUP_RELATED);
  reverseLookup(lookup);
  return true;
}

function extractQuotedTransport(lookup: usize, header: usize, length: u32): bool {
  const key = load<u32>(lookup, LOOKUP_KEY);
  switch (protocolOf(key)) {
    case PROTOCOL_TCP:
      return extractTcp(lookup, header, length, true);
    case PROTOCOL_UDP:
      return extractUdp(lookup, header, length, true);
    case PROTOCOL_SCTP:
      return extractSctp(lookup, header, length, true);
    case PROTOCOL_ICMP:
      if (isIpv6(key)) break;
      return extractIcmp(lookup, header, length);
    case PROTOCOL_ICMPV6:
      if (!isIpv6(key)) break;
      return extractIcmpv6(lookup, header, length);
  }
  setEnds(lookup, 0, 0);
  return true;
}

/** Replaces a 16-bit word of the quoted packet; the error's checksum follows. */
@inline
function replaceWord(error: usize, address: usize, after: u32): void {
  const before = <u32>load<u16>(address);
  if (before == after) return;
  store<u16>(address, <u16>after);
  patchChecksum16(error + ICMP_CHECKSUM, before, after);
}

/** Patches a checksum inside the quoted packet for a word that changed there; the error's checksum follows. */
@inline
function patchQuotedChecksum(error: usize, checksum: usize, before: u32, after: u32): void {
  const was = <u32>load<u16>(checksum);
  patchChecksum16(checksum, before, after);
  const is = <u32>load<u16>(checksum);
  if (was != is) patchChecksum16(error + ICMP_CHECKSUM, was, is);
}

/** Where the quoted transport checksum is, 0 when the quote ends before it or there is none. */
function quotedTransportChecksum(lookup: usize, protocol: u32): usize {
  const transport = <usize>load<u32>(lookup, LOOKUP_INNER_L4);
  const end = <usize>load<u32>(lookup, LOOKUP_INNER_END);
  if (protocol == PROTOCOL_TCP) return transport + TCP_CHECKSUM + 2 <= end ? transport + TCP_CHECKSUM : 0;
  if (protocol != PROTOCOL_UDP || transport + UDP_CHECKSUM + 2 > end) return 0;
  return load<u16>(transport, UDP_CHECKSUM) == 0 ? 0 : transport + UDP_CHECKSUM;
}

/** Gives the quoted packet another address; `address` holds 4 or 16 bytes by its version. */
export function rewriteQuotedAddress(lookup: usize, error: usize, source: bool, address: usize): void {
  const key = load<u32>(lookup, LOOKUP_KEY);
  const header = <usize>load<u32>(lookup, LOOKUP_INNER_L3);
  const checksum = quotedTransportChecksum(lookup, protocolOf(key));
  const ipv6 = isIpv6(key);
  const size: usize = ipv6 ? 16 : 4;
  const place = header + (ipv6 ? IPV6_SRC : IPV4_SRC) + (source ? 0 : size);
  for (let at: usize = 0; at < size; at += 2) {
    const before = <u32>load<u16>(place + at);
    const after = <u32>load<u16>(address + at);
    if (before == after) continue;
    replaceWord(error, place + at, after);
    if (!ipv6) patchQuotedChecksum(error, header + IPV4_CHECKSUM, before, after);
    if (checksum != 0) patchQuotedChecksum(error, checksum, before, after);
  }
}

/** Gives the quoted packet another port, in network order as loaded. */
export function rewriteQuotedPort(lookup: usize, error: usize, source: bool, port: u32): void {
  const transport = <usize>load<u32>(lookup, LOOKUP_INNER_L4);
  const place = transport + (source ? 0 : 2);
  const before = <u32>load<u16>(place);
  if (before == port) return;
  replaceWord(error, place, port);
  const checksum = quotedTransportChecksum(lookup, protocolOf(load<u32>(lookup, LOOKUP_KEY)));
  if (checksum != 0) patchQuotedChecksum(error, checksum, before, port);
}
