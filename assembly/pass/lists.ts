/**
 * The lists of the pass that runs, one place a packet in each: a place is 4 bytes times the packet's number.
 *
 *   PIPELINE_BASE  +0      u32[PACKET_SLOTS] packets of the pass that runs
 *                  +16Ki   u32[PACKET_SLOTS] their cache hashes
 *                  +32Ki   u32[PACKET_SLOTS] their megaflows (0 = none)
 *                  +48Ki   u32[PACKET_SLOTS] packets that wait for the next pass (CONTROL_WAITING of them)
 *                  +64Ki   tunnel fields while a tunnel header is taken off (actions/tunnel-pop.ts)
 *                  +80Ki   u32[PACKET_SLOTS] places in these lists of the packets that the cache knows nothing of
 *                  +96Ki   lists of the megaflow look-up (flow/probe.ts)
 *                  +384Ki  u32[PACKET_SLOTS] buckets chosen for them
 *                  +388Ki  u32[PACKET_SLOTS] whether each has the key of the packet before it (all ones) or not (0)
 *
 * Invariant: a record is in one list at most, so lists never overflow.
 */
import { PIPELINE_BASE } from "../memory.ts";

export const PASS: usize = PIPELINE_BASE;
export const HASHES: usize = PIPELINE_BASE + 0x4000;
export const FLOWS: usize = PIPELINE_BASE + 0x8000;
export const WAITING: usize = PIPELINE_BASE + 0xc000;
export const MISSED: usize = PIPELINE_BASE + 0x1_4000;
export const CHOSEN: usize = PIPELINE_BASE + 0x6_0000;
export const SAME: usize = PIPELINE_BASE + 0x6_1000;
/** A mark in SAME. */
export const ALL_ONES: u32 = 0xffff_ffff;
/** Used one after the other with MISSED. */
export const AHEAD: usize = MISSED;
/** Where what was only read ahead is stored, or the compiler would see that nobody wants it. */
export const FETCHED: usize = PIPELINE_BASE + 0x1_5000;
