/** What must hold for the tables after any packet: walked from outside, record by record. */
import {
  CONN_CHAIN,
  CONN_FLAG_TWO_CHAINS,
  CONN_FLAGS,
  CONN_STATE_LIVE,
  CONN_STATE_MASK,
  CONN_TIMER_NEXT,
  CONN_TIMER_PREVIOUS,
  CONN_TIMER_SLOT,
  CONN_ZONE,
  CT_BUCKET_TABLE,
  CT_BUCKETS,
  CT_COUNT,
  CT_FREE,
  CT_HIGH_WATER,
  CT_WHEEL_TABLE,
  CT_ZONE_TABLE,
  WHEEL_SLOTS,
  ZONE_COUNT,
  ZONE_SIZE,
} from "../../assembly/layout/conntrack.ts";
import {
  FRAG_COUNT,
  FRAG_SLOT_FREE,
  FRAG_SLOT_HIGH_WATER,
  FRAG_SLOT_NEXT,
  FRAG_SLOT_SPENT,
} from "../../assembly/layout/fragments.ts";
import { CONNECTION_SIZE } from "../../assembly/layout/limits.ts";
import { CONNECTIONS_BASE, CONNTRACK_BASE, FRAGMENTS_BASE } from "../../assembly/memory.ts";
import type { FastPath } from "../model/module.ts";

/** Sentences about what is broken; none when all is well. */
export function brokenInvariants({ view }: FastPath): string[] {
  const broken: string[] = [];
  const u32 = (address: number): number => view.getUint32(address, true);
  const used = u32(CONNTRACK_BASE + CT_HIGH_WATER);
  const live = new Map<number, { chains: number; timers: number; wanted: number }>();
  const zones = new Map<number, number>();
  for (let index = 0; index < used; index++) {
    const address = CONNECTIONS_BASE + index * CONNECTION_SIZE;
    if ((u32(address) & CONN_STATE_MASK) !== CONN_STATE_LIVE) continue;
    live.set(address, { chains: 0, timers: 0, wanted: u32(address + CONN_FLAGS) & CONN_FLAG_TWO_CHAINS ? 2 : 1 });
    const zone = view.getUint16(address + CONN_ZONE, true);
    zones.set(zone, (zones.get(zone) ?? 0) + 1);
  }
  if (live.size !== u32(CONNTRACK_BASE + CT_COUNT)) broken.push("the count is not the number of live records");
  for (const [zone, count] of zones) {
    const counted = u32(CONNTRACK_BASE + CT_ZONE_TABLE + zone * ZONE_SIZE + ZONE_COUNT);
    if (counted !== count) broken.push(`zone ${zone} counts ${counted}, has ${count}`);
  }

  const buckets = new Uint32Array(view.buffer, CONNTRACK_BASE + CT_BUCKET_TABLE, CT_BUCKETS);
  for (let bucket = 0; bucket < CT_BUCKETS; bucket++) {
    let steps = 0;
    for (let link = buckets[bucket]; link !== 0; link = u32((link & ~1) + CONN_CHAIN + (link & 1) * 4)) {
      const record = live.get((link & ~1) >>> 0);
      if (record === undefined || ++steps > used * 2) {
        broken.push(`bucket ${bucket} leads to a dead record or in a circle`);
        break;
      }
      record.chains++;
    }
  }
  for (let slot = 0; slot < WHEEL_SLOTS; slot++) {
    let previous = 0;
    for (let at = u32(CONNTRACK_BASE + CT_WHEEL_TABLE + slot * 4); at !== 0; at = u32(at + CONN_TIMER_NEXT)) {
      const record = live.get(at);
      const fits = u32(at + CONN_TIMER_PREVIOUS) === previous && view.getUint16(at + CONN_TIMER_SLOT, true) === slot;
      if (record === undefined || !fits || ++record.timers > 1) {
        broken.push(`wheel slot ${slot} is linked wrongly`);
        break;
      }
      previous = at;
    }
  }
  for (const [address, { chains, timers, wanted }] of live) {
    if (chains !== wanted || timers !== 1)
      broken.push(`record ${address}: ${chains} of ${wanted} chains, ${timers} timers`);
  }
  let free = 0;
  for (let at = u32(CONNTRACK_BASE + CT_FREE); at !== 0 && free <= used; at = u32(at + CONN_CHAIN)) free++;
  if (free + live.size !== used) broken.push(`${used} records: ${live.size} live, ${free} free`);

  let slots = 0;
  for (const list of [FRAG_SLOT_FREE, FRAG_SLOT_SPENT]) {
    for (let at = u32(FRAGMENTS_BASE + list); at !== 0 && slots < 10_000; at = u32(at + FRAG_SLOT_NEXT)) slots++;
  }
  const held = u32(FRAGMENTS_BASE + FRAG_COUNT);
  if (slots + held !== u32(FRAGMENTS_BASE + FRAG_SLOT_HIGH_WATER))
    broken.push(`fragment slots: ${slots} free, ${held} held`);
  return broken;
}
