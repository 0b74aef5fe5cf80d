/**
 * Address translation of a new connection: choosing the reply tuple.
 *
 * What: the reply's destination (SNAT) or source (DNAT) becomes an address of the range; ports are kept when that
 *   makes the reply unique, else searched: DNAT tries its port range, then (like SNAT without a range) the client's
 *   port within its class (1-511, 600-1023, 1024-65535), so that two clients behind one address never share a reply.
 * Invariants: a chosen reply tuple belongs to no other live connection in either direction. When all that were tried
 *   do, DNAT takes one from a connection that is over (TCP closed on both ends): the client chose its port itself, and
 *   is served at once. SNAT refuses: the server may still wait for stray packets from the port (RFC 793, TIME-WAIT).
 * Cost: usually one look-up; the search ends after 128 + 64 + 32 + 16 look-ups (each round from a random port), and
 *   is made twice when nothing is free.
 * Not handled: ICMP identifiers are not translated, protocols without ports have no second try: exhausted.
 */
import { CONN_PROTOCOL, CT_CANDIDATE, CT_SEED, LOOKUP_HASH, LOOKUP_KEY, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE_DST, TUPLE_DST_L4, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { NAT_FLAG_ADDRESS, NAT_FLAG_DST, NAT_FLAG_PERSISTENT, NAT_FLAG_PORTS, NAT_FLAG_RANDOM, NAT_FLAG_SRC, OP_CT_NAT_FLAGS, OP_CT_NAT_MAX, OP_CT_NAT_MIN, OP_CT_NAT_PORT_MAX, OP_CT_NAT_PORT_MIN } from "../layout/program.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../packet/protocol.ts";
import { random32 } from "../random.ts";
import { isSctpClosed } from "./sctp.ts";
import { findConnection, recordOf, removeConnection } from "./table.ts";
import { isTcpClosed } from "./tcp.ts";
import { digest6, hashLookup, isIpv6, loadTuple, protocolOf, reverseLookup, storeTuple } from "./tuple.ts";

const FIRST_EPHEMERAL_PORT: u32 = 1024;
const MAX_ATTEMPTS: u32 = 128;
const MIN_ATTEMPTS: u32 = 16;

@inline
export function hasPorts(protocol: u32): bool {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

/** True when nothing is left to come on a connection. */
export function isOver(connection: usize): bool {
  const protocol = <u32>load<u8>(connection, CONN_PROTOCOL);
  if (protocol == PROTOCOL_TCP) return isTcpClosed(connection);
  return protocol == PROTOCOL_SCTP && isSctpClosed(connection);
}

/** True when the candidate belongs to nobody; `take` takes it from a connection that is over. */
function isFree(candidate: usize, take: bool, now: u64): bool {
  hashLookup(candidate);
  const found = findConnection(candidate, now);
  if (found == 0) return true;
  if (!take || !isOver(recordOf(found))) return false;
  removeConnection(recordOf(found));
  return true;
}

/** Where in the ranges to begin: by the tuple, by the source alone (persistent), or anywhere (random). */
function startOf(candidate: usize, flags: u32): u32 {
  if (flags & NAT_FLAG_RANDOM) return random32();
  if (!(flags & NAT_FLAG_PERSISTENT)) return load<u32>(candidate, LOOKUP_HASH);
  // The candidate is reversed: its destination is the connection's source.
  const source = load<u32>(candidate, LOOKUP_TUPLE + TUPLE_DST);
  let mixed = (source ^ <u32>load<u64>(CONNTRACK_BASE, CT_SEED)) * 0x9e37_79b1;
  mixed ^= mixed >> 15;
  return mixed * 0x85eb_ca77;
}

/** The IPv4 address of the range at `start`, written to the candidate's `field`. */
function chooseAddress4(candidate: usize, instruction: usize, field: usize, start: u32): void {
  const lowest = bswap<u32>(load<u32>(instruction, OP_CT_NAT_MIN));
  const highest = bswap<u32>(load<u32>(instruction, OP_CT_NAT_MAX));
  const size = highest - lowest + 1;
  const offset = size != 0 ? start % size : start;
  store<u32>(candidate + LOOKUP_TUPLE + field, bswap<u32>(lowest + offset));
}

/** The IPv6 address of the range at `start`; only the first 2^32 addresses of a range are used. */
function chooseAddress6(candidate: usize, instruction: usize, source: bool, start: u32): void {
  const place = candidate + LOOKUP_TUPLE6 + (source ? 0 : 16);
  const lowestHigh = bswap<u64>(load<u64>(instruction, OP_CT_NAT_MIN));
  const lowest = bswap<u64>(load<u64>(instruction, OP_CT_NAT_MIN + 8));
  const highestHigh = bswap<u64>(load<u64>(instruction, OP_CT_NAT_MAX));
  const highest = bswap<u64>(load<u64>(instruction, OP_CT_NAT_MAX + 8));
  const difference = highest - lowest;
  const near = highestHigh == lowestHigh || (highestHigh == lowestHigh + 1 && highest < lowest);
  const size = (near ? min<u64>(difference, 0xffff_fffe) : 0xffff_fffe) + 1;
  const low = lowest + <u64>start % size;
  store<u64>(place, bswap<u64>(low < lowest ? lowestHigh + 1 : lowestHigh));
  store<u64>(place, bswap<u64>(low), 8);
  store<u32>(candidate + LOOKUP_TUPLE + (source ? TUPLE_SRC : TUPLE_DST), digest6(place));
}

/** Tries ports from `first` on in [lowest, highest] at the candidate's `field`; false when the search ends. */
function searchPort(candidate: usize, field: usize, first: u32, lowest: u32, highest: u32, take: bool, now: u64): bool {
  const place = candidate + LOOKUP_TUPLE + field;
  const size = highest - lowest + 1;
  let attempts = min(size, MAX_ATTEMPTS);
  let port = first;
  // A port outside the range is tried once, then all of the range may be.
  let tries = port < lowest || port > highest ? attempts + 1 : attempts;
  while (true) {
    for (let tried: u32 = 0; tried < tries; tried++) {
      store<u32>(place, bswap<u16>(<u16>port));
      if (isFree(candidate, take, now)) return true;
      port = port < lowest || port >= highest ? lowest : port + 1;
    }
    if (attempts >= size || attempts < MIN_ATTEMPTS * 2) break;
    attempts >>= 1;
    tries = attempts;
    port = lowest + random32() % size;
  }
  store<u32>(place, bswap<u16>(<u16>first));
  return false;
}

@inline
function portOf(candidate: usize, field: usize): u32 {
  return bswap<u16>(load<u16>(candidate + LOOKUP_TUPLE + field));
}

/**
 * Chooses the reply tuple of an unpublished connection whose original one is set; false when there is none left.
 * Works on the reversed tuple: TUPLE_DST is the client's side, TUPLE_SRC the server's.
 */
export function chooseReply(connection: usize, instruction: usize, now: u64): bool {
  const candidate = CONNTRACK_BASE + CT_CANDIDATE;
  const flags = load<u32>(instruction, OP_CT_NAT_FLAGS);
  const destination = (flags & NAT_FLAG_DST) != 0;
  loadTuple(candidate, connection, 0);
  reverseLookup(candidate);
  const key = load<u32>(candidate, LOOKUP_KEY);
  const start = startOf(candidate, flags);
  if (flags & NAT_FLAG_ADDRESS) {
    if (isIpv6(key)) chooseAddress6(candidate, instruction, destination, start);
    else chooseAddress4(candidate, instruction, destination ? TUPLE_SRC : TUPLE_DST, start);
  }
  const found =
    chooseEnds(candidate, instruction, flags, start, false, now) ||
    (destination && chooseEnds(candidate, instruction, flags, start, true, now));
  if (found) storeTuple(connection, 1, candidate);
  return found;
}

function chooseEnds(candidate: usize, instruction: usize, flags: u32, start: u32, take: bool, now: u64): bool {
  if (!hasPorts(protocolOf(load<u32>(candidate, LOOKUP_KEY)))) return isFree(candidate, take, now);

  const rangeLowest = <u32>load<u16>(instruction, OP_CT_NAT_PORT_MIN);
  const rangeHighest = max<u32>(load<u16>(instruction, OP_CT_NAT_PORT_MAX), rangeLowest);
  const rangeFirst = rangeLowest + start % (rangeHighest - rangeLowest + 1);
  const ranged = (flags & NAT_FLAG_PORTS) != 0;
  if (flags & NAT_FLAG_SRC && ranged) {
    return searchPort(candidate, TUPLE_DST_L4, rangeFirst, rangeLowest, rangeHighest, take, now);
  }
  if (ranged && searchPort(candidate, TUPLE_SRC_L4, rangeFirst, rangeLowest, rangeHighest, take, now)) return true;
  const own = portOf(candidate, TUPLE_DST_L4);
  if (own < 512) return searchPort(candidate, TUPLE_DST_L4, own, 1, 511, take, now);
  if (own < FIRST_EPHEMERAL_PORT) return searchPort(candidate, TUPLE_DST_L4, own, 600, 1023, take, now);
  return searchPort(candidate, TUPLE_DST_L4, own, FIRST_EPHEMERAL_PORT, 65535, take, now);
}
