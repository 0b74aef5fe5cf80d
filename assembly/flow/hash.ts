/**
 * Open vSwitch's portable hash (MurmurHash3's mixing, the build without SSE4.2) and the 5-tuple hash made with it.
 *
 * What: the hashes that OpenFlow semantics fix: dp_hash and selection fields choose a back end, so they agree with OVS bit by
 *   bit. The inputs are key bytes as they lie in memory, loaded little-endian.
 * Not handled: the variant of OVS builds with SSE4.2 or ARM CRC32 (crc32 instructions): another function altogether.
 */
import { KEY_ETH_TYPE, KEY_IPV6_DST, KEY_IPV6_SRC, KEY_NW_DST, KEY_NW_PROTO, KEY_NW_SRC, KEY_TP_SRC } from "../layout/key.ts";

/** Adds one 32-bit word. A zero word only turns the state. */
@inline
export function hashAdd(hash: u32, data: u32): u32 {
  return hashAddMixed(hash, hashMix(data));
}

/** A word made ready to be added: 0 stays 0. */
@inline
export function hashMix(data: u32): u32 {
  return rotl<u32>(data * 0xcc9e2d51, 15) * 0x1b873593;
}

@inline
export function hashAddMixed(hash: u32, mixed: u32): u32 {
  return rotl<u32>(hash ^ mixed, 13) * 5 + 0xe6546b64;
}

@inline
export function hashAdd64(hash: u32, data: u64): u32 {
  return hashAdd(hashAdd(hash, <u32>data), <u32>(data >> 32));
}

/** Ends a hash; `length` is the number of bytes added, or any constant that the caller chose. */
@inline
export function hashFinish(hash: u32, length: u32): u32 {
  let mixed = hash ^ length;
  mixed ^= mixed >> 16;
  mixed *= 0x85ebca6b;
  mixed ^= mixed >> 13;
  mixed *= 0xc2b2ae35;
  return mixed ^ (mixed >> 16);
}

@inline
export function hashInt(value: u32, basis: u32): u32 {
  return hashFinish(hashAdd(hashAdd(value, 0), basis), 8);
}

@inline
export function hashUint64(value: u64): u32 {
  return hashFinish(hashAdd64(0, value), 8);
}

/** Hash of `length` bytes: whole words, then the rest zero-padded. */
export function hashBytes(address: usize, length: u32, basis: u32): u32 {
  let hash = basis;
  let left = length;
  while (left >= 4) {
    hash = hashAdd(hash, load<u32>(address));
    address += 4;
    left -= 4;
  }
  if (left != 0) {
    let last: u32 = 0;
    for (let i: u32 = 0; i < left; i++) last |= (<u32>load<u8>(address + i)) << (i * 8);
    hash = hashAdd(hash, last);
  }
  return hashFinish(hash, length);
}

/**
 * Hash of a flow key's addresses, protocol and ports; what OVS takes for the RSS hash when no card delivers one.
 * Anything but IPv4, IPv6 and ARP hashes to one constant. Ports count for TCP, UDP, SCTP, ICMP and ICMPv6.
 */
export function hash5Tuple(key: usize, basis: u32): u32 {
  let hash = basis;
  const etherType = load<u16>(key, KEY_ETH_TYPE); // as loaded: 0x0800 reads 0x0008
  if (etherType == 0x0008 || etherType == 0x0608) {
    hash = hashAdd(hash, load<u32>(key, KEY_NW_SRC));
    hash = hashAdd(hash, load<u32>(key, KEY_NW_DST));
  } else if (etherType == 0xdd86) {
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_SRC));
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_SRC + 8));
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_DST));
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_DST + 8));
  } else {
    return hashFinish(hash, 42);
  }
  const protocol = <u32>load<u8>(key, KEY_NW_PROTO);
  hash = hashAdd(hash, protocol);
  if (protocol == 6 || protocol == 17 || protocol == 132 || protocol == 1 || protocol == 58) {
    hash = hashAdd(hash, load<u32>(key, KEY_TP_SRC)); // source and destination at once
  }
  return hashFinish(hash, 42);
}
