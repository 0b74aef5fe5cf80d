/**
 * The exact-match cache: from a packet's hash to the megaflow that served such a packet last.
 *
 *   set: one cache line, +0 u32[8] hashes   +32 u32[8] flow records (0 = empty)
 *
 * What: a hit costs one line of the cache and the flow's own lines, whatever the number of masks. Eight entries a set cost
 *   no more than one does, and let 100 000 flows live in 262 144 entries without pushing each other out (with two entries,
 *   19 % of such packets missed).
 * Invariants: an entry is a hint. A hit is a live flow whose packed words equal the packet's key under the flow's mask;
 *   megaflows are disjoint, so a flow that covers the key is the right one, and nothing is ever invalidated. Flow records
 *   are never reused for anything but flow records (src/fastpath/arena.ts), so that following a stale hint is safe.
 * Hash: of the key's first line but its tos, ttl and TCP flags, which change within a connection; for IPv6 also of the
 *   addresses. The whole key would tell no more flows apart in practice. Random numbers of this start keep anybody from aiming.
 * Not handled: flows that differ only in tunnel or label fields share an entry and fall through to the tables.
 */
import { KEY_ETH_DST, KEY_EXTENT_IPV6, KEY_IPV6_SRC, KEY_NW_SRC, KEY_NW_TOS, KEY_RECIRC_ID, KEY_TP_SRC } from "../layout/key.ts";
import { CACHE_ENTRIES } from "../layout/limits.ts";
import { FLOW_MASK, FLOW_STATE, FLOW_STATE_LIVE } from "../layout/megaflow.ts";
import { PACKET_KEY, PACKET_KEY_EXTENT } from "../layout/packet.ts";
import { CACHE_BASE } from "../memory.ts";
import { matches } from "./masked-key.ts";
import { FACTORS } from "./subtable-memory.ts";

const SET_SIZE_LOG2: u32 = 6;
const FLOWS: usize = 32;
const SETS: u32 = CACHE_ENTRIES / 8;

export function clearCache(): void {
  memory.fill(CACHE_BASE, 0, CACHE_ENTRIES * 8);
}

/** A word's part of the sum: words times random odd numbers of their own, modulo 2^64. */
@inline
function part(word: u64, offset: usize): u64 {
  return word * load<u64>(FACTORS + offset);
}

/** Hash of the sum of all parts; never 0, which stands for an empty entry. Its low bits name the set. */
@inline
function finish(sum: u64): u32 {
  return <u32>(((sum ^ (sum >> 32)) * 0x9e37_79b9_7f4a_7c15) >> 32) | 0x8000_0000;
}

/**
 * The hash of a key that is zero but for port, Ethernet, IPv4 and transport, given as its words: the parser has them in
 * registers. `transport` is the key's last word of these, from KEY_NW_TOS on.
 */
@inline
export function hashOfWords(port: u64, ethernet: u64, type: u64, addresses: u64, transport: u64): u32 {
  return finish(
    part(port, KEY_RECIRC_ID) +
      part(ethernet, KEY_ETH_DST) +
      part(type, KEY_ETH_DST + 8) +
      part(addresses, KEY_NW_SRC) +
      part(transport >> 32, KEY_NW_TOS),
  );
}

@inline
export function cacheHash(packet: usize): u32 {
  const key: usize = load<u32>(packet, PACKET_KEY);
  let sum = part(load<u32>(key, KEY_TP_SRC), KEY_NW_TOS);
  for (let offset: usize = 0; offset < <usize>KEY_NW_TOS; offset += 8) sum += part(load<u64>(key + offset), offset);
  if (load<u32>(packet, PACKET_KEY_EXTENT) >= <u32>KEY_EXTENT_IPV6) {
    for (let offset: usize = KEY_IPV6_SRC; offset < <usize>KEY_IPV6_SRC + 32; offset += 8) {
      sum += part(load<u64>(key + offset), offset);
    }
  }
  return finish(sum);
}

@inline
function setOf(hash: u32): usize {
  return CACHE_BASE + (<usize>(hash & (SETS - 1)) << SET_SIZE_LOG2);
}

/** Bit n set: entry n of the set has the hash. */
@inline
function entriesWith(set: usize, hash: u32): i32 {
  const wanted = i32x4.splat(hash);
  const low = i32x4.bitmask(i32x4.eq(v128.load(set), wanted));
  return low | (i32x4.bitmask(i32x4.eq(v128.load(set, 16), wanted)) << 4);
}

/** The flow that the cache hints at, 0 = none. */
@inline
export function cachedFlow(hash: u32): usize {
  const set = setOf(hash);
  const entries = entriesWith(set, hash);
  return entries == 0 ? 0 : load<u32>(set + (<usize>ctz(entries) << 2), FLOWS);
}

/** Whether a hint holds. */
@inline
export function covers(flow: usize, key: usize): bool {
  return load<u32>(flow, FLOW_STATE) == FLOW_STATE_LIVE && matches(flow, load<u32>(flow, FLOW_MASK), key);
}

/** Remembers the flow for packets of this hash; in a full set, the one that bits of the hash name gives way. */
export function remember(hash: u32, flow: usize): void {
  const set = setOf(hash);
  let entries = entriesWith(set, hash);
  if (entries == 0) entries = entriesWith(set, 0);
  const entry: usize = entries != 0 ? ctz(entries) : (hash >> 28) & 7;
  store<u32>(set + (entry << 2), hash);
  store<u32>(set + (entry << 2), <u32>flow, FLOWS);
}
