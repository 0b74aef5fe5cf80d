/**
 * Fragments held for reassembly: datagrams in the making, and slots with one fragment each.
 *
 * Invariants: a slot whose frame was sent on stays untouched until the next sweep, because transmission happens at the
 *   end of the batch. The gauge DROP_FRAGMENT_WAITING counts the fragments held now. Datagrams wait in the order in
 *   which they expire, since all wait equally long.
 * Cost: one copy of the frame in, and one of its payload out; no RAM for slots that were never used.
 */

import { countMany } from "../counters.ts";
import { COUNTER_DROP, DROP_FRAGMENT_EXPIRED, DROP_FRAGMENT_WAITING } from "../layout/counter.ts";
import { FRAG_CHAINS, FRAG_COUNT, FRAG_DATAGRAMS, FRAG_DATAGRAM_ADDRESSES, FRAG_DATAGRAM_COUNT, FRAG_DATAGRAM_EXPIRES, FRAG_DATAGRAM_FIRST, FRAG_DATAGRAM_FREE, FRAG_DATAGRAM_HIGH_WATER, FRAG_DATAGRAM_ID, FRAG_DATAGRAM_KEY, FRAG_DATAGRAM_NEXT, FRAG_DATAGRAM_OLDER, FRAG_DATAGRAM_RECIRC, FRAG_DATAGRAM_SIZE, FRAG_DATAGRAM_TABLE, FRAG_DATAGRAM_YOUNGER, FRAG_ENABLED, FRAG_LIMIT, FRAG_MIN_SIZE, FRAG_OLDEST, FRAG_SLOTS, FRAG_SLOT_FREE, FRAG_SLOT_HIGH_WATER, FRAG_SLOT_NEXT, FRAG_SLOT_SIZE, FRAG_SLOT_SPENT, FRAG_SLOT_TABLE, FRAG_STATS, FRAG_STAT_COUNT, FRAG_STAT_EXPIRED, FRAG_YOUNGEST } from "../layout/fragments.ts";
import { FRAGMENTS_BASE } from "../memory.ts";
import { isIpv6 } from "./tuple.ts";

/** How long the fragments of a datagram wait for the rest. */
const PATIENCE_MS: u64 = 15_000;

/** Empties the store (fragments do not outlive a process); limits and switches keep their settings or get defaults. */
export function initializeFragments(): void {
  if (load<u32>(FRAGMENTS_BASE, FRAG_LIMIT) == 0) {
    store<u32>(FRAGMENTS_BASE, 1, FRAG_ENABLED);
    store<u32>(FRAGMENTS_BASE, 1, FRAG_ENABLED + 4);
    store<u32>(FRAGMENTS_BASE, 1200, FRAG_MIN_SIZE);
    store<u32>(FRAGMENTS_BASE, 1280, FRAG_MIN_SIZE + 4);
    store<u32>(FRAGMENTS_BASE, FRAG_SLOTS, FRAG_LIMIT);
  }
  store<u32>(FRAGMENTS_BASE, 0, FRAG_COUNT);
  memory.fill(FRAGMENTS_BASE + FRAG_SLOT_FREE, 0, FRAG_YOUNGEST + 4 - FRAG_SLOT_FREE);
  memory.fill(FRAGMENTS_BASE + FRAG_CHAINS, 0, FRAG_DATAGRAMS * 4);
}

/** Adds to a FRAG_STAT_* of the key's IP version. */
export function countFragments(key: u32, statistic: u32, amount: u32): void {
  const index = (isIpv6(key) ? <u32>FRAG_STAT_COUNT : 0) + statistic;
  const place = FRAGMENTS_BASE + FRAG_STATS + (<usize>index << 3);
  store<u64>(place, load<u64>(place) + amount);
}

/** A slot for one more fragment, 0 = the limit is reached. Counts it as held. */
export function takeSlot(): usize {
  const held = load<u32>(FRAGMENTS_BASE, FRAG_COUNT);
  if (held >= load<u32>(FRAGMENTS_BASE, FRAG_LIMIT)) return 0;
  let slot = <usize>load<u32>(FRAGMENTS_BASE, FRAG_SLOT_FREE);
  if (slot != 0) {
    store<u32>(FRAGMENTS_BASE, load<u32>(slot, FRAG_SLOT_NEXT), FRAG_SLOT_FREE);
  } else {
    const index = load<u32>(FRAGMENTS_BASE, FRAG_SLOT_HIGH_WATER);
    if (index >= <u32>FRAG_SLOTS) return 0;
    store<u32>(FRAGMENTS_BASE, index + 1, FRAG_SLOT_HIGH_WATER);
    slot = FRAGMENTS_BASE + FRAG_SLOT_TABLE + <usize>index * FRAG_SLOT_SIZE;
  }
  store<u32>(FRAGMENTS_BASE, held + 1, FRAG_COUNT);
  countMany(COUNTER_DROP + DROP_FRAGMENT_WAITING, 1);
  return slot;
}

@inline
function chainOf(addresses: usize, id: u32, key: u32): usize {
  const source = load<u64>(addresses) ^ load<u64>(addresses, 8);
  const destination = load<u64>(addresses, 16) ^ load<u64>(addresses, 24);
  const mixed = (source ^ (destination << 1)) + ((<u64>id << 32) | key);
  const hash = <u32>((mixed * 0x9e37_79b9_7f4a_7c15) >> 40);
  return FRAGMENTS_BASE + FRAG_CHAINS + (<usize>(hash & (FRAG_DATAGRAMS - 1)) << 2);
}

/** The datagram that a fragment belongs to, a new one if need be; 0 = no room for another. */
export function datagramOf(addresses: usize, id: u32, key: u32, recirc: u32, now: u64): usize {
  const chain = chainOf(addresses, id, key);
  for (let found = <usize>load<u32>(chain); found != 0; found = <usize>load<u32>(found, FRAG_DATAGRAM_NEXT)) {
    if (
      load<u32>(found, FRAG_DATAGRAM_KEY) == key &&
      load<u32>(found, FRAG_DATAGRAM_ID) == id &&
      load<u32>(found, FRAG_DATAGRAM_RECIRC) == recirc &&
      memory.compare(found + FRAG_DATAGRAM_ADDRESSES, addresses, 32) == 0
    ) {
      return found;
    }
  }
  let datagram = <usize>load<u32>(FRAGMENTS_BASE, FRAG_DATAGRAM_FREE);
  if (datagram != 0) {
    store<u32>(FRAGMENTS_BASE, load<u32>(datagram, FRAG_DATAGRAM_NEXT), FRAG_DATAGRAM_FREE);
  } else {
    const index = load<u32>(FRAGMENTS_BASE, FRAG_DATAGRAM_HIGH_WATER);
    if (index >= <u32>FRAG_DATAGRAMS) return 0;
    store<u32>(FRAGMENTS_BASE, index + 1, FRAG_DATAGRAM_HIGH_WATER);
    datagram = FRAGMENTS_BASE + FRAG_DATAGRAM_TABLE + <usize>index * FRAG_DATAGRAM_SIZE;
  }
  memory.fill(datagram, 0, FRAG_DATAGRAM_SIZE);
  store<u32>(datagram, key, FRAG_DATAGRAM_KEY);
  store<u32>(datagram, id, FRAG_DATAGRAM_ID);
  store<u32>(datagram, recirc, FRAG_DATAGRAM_RECIRC);
  store<u64>(datagram, now + PATIENCE_MS, FRAG_DATAGRAM_EXPIRES);
  memory.copy(datagram + FRAG_DATAGRAM_ADDRESSES, addresses, 32);
  store<u32>(datagram, load<u32>(chain), FRAG_DATAGRAM_NEXT);
  store<u32>(chain, <u32>datagram);
  const youngest = load<u32>(FRAGMENTS_BASE, FRAG_YOUNGEST);
  store<u32>(datagram, youngest, FRAG_DATAGRAM_OLDER);
  if (youngest != 0) store<u32>(youngest, <u32>datagram, FRAG_DATAGRAM_YOUNGER);
  else store<u32>(FRAGMENTS_BASE, <u32>datagram, FRAG_OLDEST);
  store<u32>(FRAGMENTS_BASE, <u32>datagram, FRAG_YOUNGEST);
  return datagram;
}

/** Forgets a datagram. Its slots become free (`sent` false) or wait for the end of the batch. */
export function releaseDatagram(datagram: usize, sent: bool): void {
  const list = FRAGMENTS_BASE + (sent ? FRAG_SLOT_SPENT : FRAG_SLOT_FREE);
  let slot = <usize>load<u32>(datagram, FRAG_DATAGRAM_FIRST);
  while (slot != 0) {
    const next = <usize>load<u32>(slot, FRAG_SLOT_NEXT);
    store<u32>(slot, load<u32>(list), FRAG_SLOT_NEXT);
    store<u32>(list, <u32>slot);
    slot = next;
  }
  const held = load<u32>(datagram, FRAG_DATAGRAM_COUNT);
  store<u32>(FRAGMENTS_BASE, load<u32>(FRAGMENTS_BASE, FRAG_COUNT) - held, FRAG_COUNT);
  countMany(COUNTER_DROP + DROP_FRAGMENT_WAITING, <u64>-(<i64>held));

  const key = load<u32>(datagram, FRAG_DATAGRAM_KEY);
  let place = chainOf(datagram + FRAG_DATAGRAM_ADDRESSES, load<u32>(datagram, FRAG_DATAGRAM_ID), key);
  for (let found = <usize>load<u32>(place); found != 0; found = <usize>load<u32>(place)) {
    if (found == datagram) {
      store<u32>(place, load<u32>(datagram, FRAG_DATAGRAM_NEXT));
      break;
    }
    place = found + FRAG_DATAGRAM_NEXT;
  }
  const older = load<u32>(datagram, FRAG_DATAGRAM_OLDER);
  const younger = load<u32>(datagram, FRAG_DATAGRAM_YOUNGER);
  if (older != 0) store<u32>(older, younger, FRAG_DATAGRAM_YOUNGER);
  else store<u32>(FRAGMENTS_BASE, younger, FRAG_OLDEST);
  if (younger != 0) store<u32>(younger, older, FRAG_DATAGRAM_OLDER);
  else store<u32>(FRAGMENTS_BASE, older, FRAG_YOUNGEST);
  store<u32>(datagram, load<u32>(FRAGMENTS_BASE, FRAG_DATAGRAM_FREE), FRAG_DATAGRAM_NEXT);
  store<u32>(FRAGMENTS_BASE, <u32>datagram, FRAG_DATAGRAM_FREE);
}

/** Drops a datagram that will not become whole, and counts its fragments. */
export function discardDatagram(datagram: usize): void {
  countMany(COUNTER_DROP + DROP_FRAGMENT_EXPIRED, load<u32>(datagram, FRAG_DATAGRAM_COUNT));
  releaseDatagram(datagram, false);
}

/** Frees the slots of the last batch, and drops up to `budget` datagrams that have waited long enough. */
export function sweepFragments(now: u64, budget: i32): void {
  let slot = <usize>load<u32>(FRAGMENTS_BASE, FRAG_SLOT_SPENT);
  while (slot != 0) {
    const next = <usize>load<u32>(slot, FRAG_SLOT_NEXT);
    store<u32>(slot, load<u32>(FRAGMENTS_BASE, FRAG_SLOT_FREE), FRAG_SLOT_NEXT);
    store<u32>(FRAGMENTS_BASE, <u32>slot, FRAG_SLOT_FREE);
    slot = next;
  }
  store<u32>(FRAGMENTS_BASE, 0, FRAG_SLOT_SPENT);
  for (; budget > 0; budget--) {
    const oldest = <usize>load<u32>(FRAGMENTS_BASE, FRAG_OLDEST);
    if (oldest == 0 || load<u64>(oldest, FRAG_DATAGRAM_EXPIRES) > now) return;
    countFragments(load<u32>(oldest, FRAG_DATAGRAM_KEY), FRAG_STAT_EXPIRED, load<u32>(oldest, FRAG_DATAGRAM_COUNT));
    discardDatagram(oldest);
  }
}
