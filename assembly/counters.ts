/**
 * What happened, in u64 counters at COUNTERS_BASE.
 *
 * Invariant: every packet ends in exactly one of transmitted, upcalled, held by conntrack, dropped with a reason, or
 *   "spent" (COUNTER_SPENT: its copies went out and nothing was left to do). So
 *     received + executed + cloned = transmitted + upcalled + spent + all drops (held ones count as DROP_FRAGMENT_WAITING).
 * Cost: one worker writes, so plain additions; readers in other threads may see a counter an instant early.
 */
import { COUNTER_DROP } from "./layout/counter.ts";
import { COUNTERS_BASE } from "./memory.ts";

@inline
export function countMany(index: u32, amount: u64): void {
  const address = COUNTERS_BASE + (<usize>index << 3);
  store<u64>(address, load<u64>(address) + amount);
}

@inline
export function count(index: u32): void {
  countMany(index, 1);
}

/** The packet ends here. Its record goes back to the pool with the batch. */
export function drop(packet: usize, reason: u32): void {
  count(COUNTER_DROP + reason);
}
