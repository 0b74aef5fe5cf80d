/**
 * Tuples: which connection a packet belongs to, and in which direction.
 *
 * What: building, reversing, comparing and hashing the LOOKUP record (layout/conntrack.ts).
 * Invariants: the hash is symmetric, so both directions of a connection without address translation live in one
 *   chain. It covers the compact tuple only; an IPv6 address takes part by its digest, and is compared in full.
 * Cost: about 5 ns to hash. The seed is random per region, so that nobody outside can build long chains.
 */
import { CONN_KEY, CONN_TUPLE, CONN_TUPLE6, CT_SEED, LOOKUP_HASH, LOOKUP_KEY, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE6_SIZE, TUPLE_DST, TUPLE_DST_L4, TUPLE_SIZE, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { CONNTRACK_BASE } from "../memory.ts";

/** Odd constants with bits spread evenly (SplitMix64's). */
const MIX_A: u64 = 0xbf58_476d_1ce4_e5b9;
const MIX_B: u64 = 0x94d0_49bb_1331_11eb;

@inline
export function packKey(zone: u32, protocol: u32, family: u32): u32 {
  return zone | (protocol << 16) | (family << 24);
}

@inline
export function isIpv6(key: u32): bool {
  return key >> 24 == 6;
}

@inline
export function protocolOf(key: u32): u32 {
  return (key >> 16) & 0xff;
}

/**
 * Fills the L4 parts of a tuple. One store for both, as for addresses: look-up reads them in one piece, and the
 * processor would wait for two smaller stores to reach the cache before it could.
 */
@inline
export function setEnds(lookup: usize, source: u32, destination: u32): void {
  store<u64>(lookup, <u64>source | (<u64>destination << 32), LOOKUP_TUPLE + TUPLE_SRC_L4);
}

@inline
export function setAddresses(lookup: usize, source: u32, destination: u32): void {
  store<u64>(lookup, <u64>source | (<u64>destination << 32), LOOKUP_TUPLE + TUPLE_SRC);
}

/** 32-bit digest of the IPv6 address at `address`: what a tuple holds in the place of an IPv4 address. */
export function digest6(address: usize): u32 {
  let mixed = (load<u64>(address) ^ load<u64>(CONNTRACK_BASE, CT_SEED)) * MIX_A;
  mixed = ((mixed ^ (mixed >> 32)) + load<u64>(address, 8)) * MIX_B;
  return <u32>((mixed ^ (mixed >> 29)) >> 24);
}

@inline
function mixEnd(address: u32, l4: u32, seed: u64): u64 {
  let mixed = (((<u64>address << 32) | l4) ^ seed) * MIX_A;
  mixed ^= mixed >> 32;
  return mixed * MIX_B;
}

/** Hash of the tuple at `tuple` under `key`; the same for the tuple reversed. */
@inline
export function hashTuple(tuple: usize, key: u32): u32 {
  return hashEnds(
    load<u32>(tuple, TUPLE_SRC),
    load<u32>(tuple, TUPLE_SRC_L4),
    load<u32>(tuple, TUPLE_DST),
    load<u32>(tuple, TUPLE_DST_L4),
    key,
  );
}

/** The same of a tuple's parts. */
@inline
export function hashEnds(source: u32, sourceL4: u32, destination: u32, destinationL4: u32, key: u32): u32 {
  const seed = load<u64>(CONNTRACK_BASE, CT_SEED);
  const ends = mixEnd(source, sourceL4, seed) + mixEnd(destination, destinationL4, seed);
  let mixed = (ends ^ (ends >> 31) ^ key) * MIX_A;
  mixed ^= mixed >> 32;
  return <u32>mixed;
}

/** Brings LOOKUP_HASH in step with the tuple. */
@inline
export function hashLookup(lookup: usize): void {
  store<u32>(lookup, hashTuple(lookup + LOOKUP_TUPLE, load<u32>(lookup, LOOKUP_KEY)), LOOKUP_HASH);
}

/** Turns a tuple round: addresses, ports or ICMP fields, IPv6 addresses. The hash stays right. */
export function reverseLookup(lookup: usize): void {
  const addresses = load<u64>(lookup, LOOKUP_TUPLE + TUPLE_SRC);
  const ends = load<u64>(lookup, LOOKUP_TUPLE + TUPLE_SRC_L4);
  store<u64>(lookup, (addresses << 32) | (addresses >> 32), LOOKUP_TUPLE + TUPLE_SRC);
  store<u64>(lookup, (ends << 32) | (ends >> 32), LOOKUP_TUPLE + TUPLE_SRC_L4);
  if (isIpv6(load<u32>(lookup, LOOKUP_KEY))) {
    const source = v128.load(lookup, LOOKUP_TUPLE6);
    v128.store(lookup, v128.load(lookup, LOOKUP_TUPLE6 + 16), LOOKUP_TUPLE6);
    v128.store(lookup, source, LOOKUP_TUPLE6 + 16);
  }
}

@inline
function equal16(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}

@inline
export function equalAddresses6(a: usize, b: usize): bool {
  return equal16(a, b) && equal16(a + 16, b + 16);
}

/** The direction (0 original, 1 reply) whose tuple the look-up equals, or -1. Keys have been compared already. */
@inline
export function directionOf(connection: usize, lookup: usize): i32 {
  const addresses = load<u64>(lookup, LOOKUP_TUPLE + TUPLE_SRC);
  const ends = load<u64>(lookup, LOOKUP_TUPLE + TUPLE_SRC_L4);
  let direction = -1;
  if (
    load<u64>(connection, CONN_TUPLE + TUPLE_SRC) == addresses &&
    load<u64>(connection, CONN_TUPLE + TUPLE_SRC_L4) == ends
  ) {
    direction = 0;
  } else if (
    load<u64>(connection, CONN_TUPLE + TUPLE_SIZE + TUPLE_SRC) == addresses &&
    load<u64>(connection, CONN_TUPLE + TUPLE_SIZE + TUPLE_SRC_L4) == ends
  ) {
    direction = 1;
  } else {
    return -1;
  }
  if (!isIpv6(load<u32>(lookup, LOOKUP_KEY))) return direction;
  const stored = connection + CONN_TUPLE6 + <usize>direction * TUPLE6_SIZE;
  if (equalAddresses6(stored, lookup + LOOKUP_TUPLE6)) return direction;
  return -1;
}

/** Copies one direction of a connection into a look-up record, hash included. */
export function loadTuple(lookup: usize, connection: usize, direction: usize): void {
  const key = load<u32>(connection, CONN_KEY);
  store<u32>(lookup, key, LOOKUP_KEY);
  v128.store(lookup, v128.load(connection + direction * TUPLE_SIZE, CONN_TUPLE), LOOKUP_TUPLE);
  if (isIpv6(key)) {
    memory.copy(lookup + LOOKUP_TUPLE6, connection + CONN_TUPLE6 + direction * TUPLE6_SIZE, TUPLE6_SIZE);
  }
  hashLookup(lookup);
}

/** Writes a look-up record's tuple into one direction of a connection. */
export function storeTuple(connection: usize, direction: usize, lookup: usize): void {
  v128.store(connection + direction * TUPLE_SIZE, v128.load(lookup, LOOKUP_TUPLE), CONN_TUPLE);
  if (isIpv6(load<u32>(lookup, LOOKUP_KEY))) {
    memory.copy(connection + CONN_TUPLE6 + direction * TUPLE6_SIZE, lookup + LOOKUP_TUPLE6, TUPLE6_SIZE);
  }
}
