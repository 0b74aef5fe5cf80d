/**
 * Once a loop of the worker: counts passed on, quiet flows taken back, the main thread's wish to have everything back.
 *
 * Invariants: each slot in use is looked at four times a second, or when the worker wakes (worker-loop.ts: ten times a second).
 * Cost: some 20 ns a flow and turn; 3 µs every two seconds to forget what has been seen.
 */
import { CONTROL_NOW } from "../layout/control.ts";
import { HOLDING_USED_AT, OFFLOAD_COUNTED_AT, OFFLOAD_FORGOTTEN_AT, OFFLOAD_NEXT, OFFLOAD_SEEN_TABLE, OFFLOAD_WITHDRAW, OFFLOAD_WITHDRAWN, SLOTS } from "../layout/offload.ts";
import { CONTROL_BASE, OFFLOAD_BASE } from "../memory.ts";
import { countSlot } from "./count.ts";
import { holdingOf, usedSlot, usedSlots } from "./holding.ts";
import { isOffloading } from "./path.ts";
import { withdraw, withdrawAll } from "./withdraw.ts";

/** Milliseconds in which all slots are looked at once: less than 3 GiB of a TCP connection go by (conntrack/tcp.ts), at 100 Gbit/s. */
const TURN: u64 = 250;
/** Milliseconds without a packet after which a flow is the fast path's again: before its megaflow may be retired for idleness. */
const IDLE: u64 = 5000;
/** Milliseconds in which packets have to come to make a flow worth it. */
const MEMORY: u64 = 2000;

export function sweepOffloads(): void {
  const wishes = atomic.load<u32>(OFFLOAD_BASE, OFFLOAD_WITHDRAW);
  if (wishes != load<u32>(OFFLOAD_BASE, OFFLOAD_WITHDRAWN)) {
    withdrawAll();
    atomic.store<u32>(OFFLOAD_BASE, wishes, OFFLOAD_WITHDRAWN);
  }
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  if (now - load<u64>(OFFLOAD_BASE, OFFLOAD_FORGOTTEN_AT) >= MEMORY) forget(now);
  const used = usedSlots();
  if (used != 0) countSome(used, now);
}

function forget(now: u64): void {
  store<u64>(OFFLOAD_BASE, now, OFFLOAD_FORGOTTEN_AT);
  if (isOffloading()) memory.fill(OFFLOAD_BASE + OFFLOAD_SEEN_TABLE, 0, SLOTS);
}

function countSome(used: u32, now: u64): void {
  const elapsed = now - load<u64>(OFFLOAD_BASE, OFFLOAD_COUNTED_AT);
  if (elapsed == 0) return;
  store<u64>(OFFLOAD_BASE, now, OFFLOAD_COUNTED_AT);
  let due = elapsed >= TURN ? used : <u32>((<u64>used * elapsed) / TURN) + 1;
  let place = load<u32>(OFFLOAD_BASE, OFFLOAD_NEXT);
  while (due != 0 && usedSlots() != 0) {
    if (place >= usedSlots()) place = 0;
    const slot = usedSlot(place);
    countSlot(slot, now);
    // A slot that goes leaves its place to the last one.
    if (now - load<u64>(holdingOf(slot), HOLDING_USED_AT) >= IDLE) withdraw(slot);
    else place++;
    due--;
  }
  store<u32>(OFFLOAD_BASE, place, OFFLOAD_NEXT);
}
