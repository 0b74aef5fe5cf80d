/**
 * dp_hash, as OVS's userspace datapath computes it.
 *
 * HASH_L4: the packet's RSS hash (the 5-tuple hash of the packet as received) hashed again with a basis.
 * HASH_SYM_L4: addresses and ports XORed, so that both directions agree; UDP without ports; Ethernet addresses and VLANs for
 *   what is not IP.
 * 0 means "not computed" in a key, so that a hash of 0 becomes 1.
 */

import { hashAdd, hashAdd64, hashFinish, hashInt, hashMix } from "../flow/hash.ts";
import { fourOf, hashInt4 } from "../flow/hash-lanes.ts";
import { KEY_ETH_DST, KEY_ETH_SRC, KEY_ETH_TYPE, KEY_IPV6_DST, KEY_IPV6_SRC, KEY_NW_DST, KEY_NW_FRAG, KEY_NW_PROTO, KEY_NW_SRC, KEY_TP_DST, KEY_TP_SRC, KEY_VLAN_TCI0, KEY_VLAN_TCI1 } from "../layout/key.ts";
import { PACKET_KEY, PACKET_RSS_HASH } from "../layout/packet.ts";
import { HASH_SYM_L4 } from "../layout/program.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "../packet/ethernet.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP } from "../packet/protocol.ts";

/** The VLAN id bits of a TCI as loaded. */
const VLAN_ID: u32 = 0xff0f;

/** Hash of a packet with one of the algorithms HASH_*; never 0. */
export function dpHash(packet: usize, algorithm: u32, basis: u32): u32 {
  const hash =
    algorithm == HASH_SYM_L4
      ? symmetricHash(load<u32>(packet, PACKET_KEY), basis)
      : hashInt(load<u32>(packet, PACKET_RSS_HASH), basis);
  return hash == 0 ? 1 : hash;
}

/** `dpHash` of four packets. */
@inline
export function dpHash4(a: usize, b: usize, c: usize, d: usize, algorithm: u32, basis: u32): v128 {
  let hashes: v128;
  if (algorithm == HASH_SYM_L4) {
    hashes = fourOf(symmetricOf(a, basis), symmetricOf(b, basis), symmetricOf(c, basis), symmetricOf(d, basis));
  } else {
    const received = fourOf(receivedHash(a), receivedHash(b), receivedHash(c), receivedHash(d));
    hashes = hashInt4(received, i32x4.splat(hashMix(basis)));
  }
  return neverZero(hashes);
}

/** Four hashes, 1 in the place of 0. */
@inline
export function neverZero(hashes: v128): v128 {
  return i32x4.sub(hashes, i32x4.eq(hashes, i32x4.splat(0)));
}

@inline
function receivedHash(packet: usize): u32 {
  return load<u32>(packet, PACKET_RSS_HASH);
}

@inline
function symmetricOf(packet: usize, basis: u32): u32 {
  return symmetricHash(load<u32>(packet, PACKET_KEY), basis);
}

/** Hash of a flow key that is the same for both directions. */
export function symmetricHash(key: usize, basis: u32): u32 {
  const type: u32 = load<u16>(key, KEY_ETH_TYPE);
  let hash = basis;
  if (type == ETHER_TYPE_IPV4) {
    hash = hashAdd(hash, load<u32>(key, KEY_NW_SRC) ^ load<u32>(key, KEY_NW_DST));
  } else if (type == ETHER_TYPE_IPV6) {
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_SRC) ^ load<u64>(key, KEY_IPV6_DST));
    hash = hashAdd64(hash, load<u64>(key, KEY_IPV6_SRC + 8) ^ load<u64>(key, KEY_IPV6_DST + 8));
  } else {
    return symmetricEthernetHash(key, basis);
  }
  const protocol: u32 = load<u8>(key, KEY_NW_PROTO);
  hash = hashAdd(hash, protocol);
  if (load<u8>(key, KEY_NW_FRAG) == 0 && (protocol == PROTOCOL_TCP || protocol == PROTOCOL_SCTP)) {
    hash = hashAdd(hash, <u32>(load<u16>(key, KEY_TP_SRC) ^ load<u16>(key, KEY_TP_DST)));
  }
  return hashFinish(hash, basis);
}

/** Three words: type and VLAN ids, then both Ethernet addresses XORed, zero-padded. */
function symmetricEthernetHash(key: usize, basis: u32): u32 {
  const vlans = (<u32>load<u16>(key, KEY_VLAN_TCI0) ^ <u32>load<u16>(key, KEY_VLAN_TCI1)) & VLAN_ID;
  const start = load<u32>(key, KEY_ETH_SRC) ^ load<u32>(key, KEY_ETH_DST);
  const end = <u32>load<u16>(key, KEY_ETH_SRC + 4) ^ <u32>load<u16>(key, KEY_ETH_DST + 4);
  let hash = hashAdd(basis, <u32>load<u16>(key, KEY_ETH_TYPE) | (vlans << 16));
  hash = hashAdd(hash, start);
  hash = hashAdd(hash, end);
  return hashFinish(hash, basis);
}
