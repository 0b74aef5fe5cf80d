/**
 * Expiry: a timing wheel of WHEEL_SLOTS slots, 1.024 s each.
 *
 * What: a connection waits in the slot of the tick at which somebody must look at it. A packet only moves its expiry
 *   (one store); the sweep finds out later and moves the record on, so that an established connection is touched by
 *   the wheel once in a turn (70 minutes), not with every packet.
 * Invariants: the slot is never later than the expiry, as far as one turn reaches: an expiry that comes nearer (a
 *   connection that closes) moves the record at once. Ticks are of CLOCK_MONOTONIC, which a restarted process shares.
 * Cost: nothing on the hit path but a compare; the sweep looks at no more than its budget of records and slots.
 */

import { count } from "../counters.ts";
import { CONN_EXPIRES, CONN_POLICY, CONN_TIMER_NEXT, CONN_TIMER_PREVIOUS, CONN_TIMER_SLOT, CT_TIMEOUT_TABLE, CT_WHEEL_TABLE, CT_WHEEL_TICK, TIMEOUT_POLICY_SIZE, WHEEL_SLOTS } from "../layout/conntrack.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { COUNTER_CT_EXPIRED } from "../layout/counter.ts";
import { CONNTRACK_BASE, CONTROL_BASE } from "../memory.ts";
import { isExpired } from "../offload/connection.ts";
import { removeConnection } from "./table.ts";

const TICK_BITS: u64 = 10;
const LAST_SLOT: u64 = WHEEL_SLOTS - 1;

@inline
function slotHead(slot: u32): usize {
  return CONNTRACK_BASE + CT_WHEEL_TABLE + (<usize>slot << 2);
}

/** The first tick at which `expires` has passed, no earlier than `soonest` and within one turn of the wheel. */
@inline
function tickOf(expires: u64, soonest: u64, wheelTick: u64): u64 {
  const tick = (expires + ((1 << TICK_BITS) - 1)) >> TICK_BITS;
  return min(max(tick, soonest), wheelTick + LAST_SLOT);
}

function linkTimer(connection: usize, tick: u64): void {
  const slot = <u32>(tick & LAST_SLOT);
  const head = slotHead(slot);
  const first = load<u32>(head);
  store<u32>(connection, first, CONN_TIMER_NEXT);
  store<u32>(connection, 0, CONN_TIMER_PREVIOUS);
  store<u16>(connection, <u16>slot, CONN_TIMER_SLOT);
  if (first != 0) store<u32>(first, <u32>connection, CONN_TIMER_PREVIOUS);
  store<u32>(head, <u32>connection);
}

/** Takes a connection off the wheel. */
export function unschedule(connection: usize): void {
  const next = load<u32>(connection, CONN_TIMER_NEXT);
  const previous = load<u32>(connection, CONN_TIMER_PREVIOUS);
  if (next != 0) store<u32>(next, previous, CONN_TIMER_PREVIOUS);
  if (previous != 0) store<u32>(previous, next, CONN_TIMER_NEXT);
  else store<u32>(slotHead(load<u16>(connection, CONN_TIMER_SLOT)), next);
}

@inline
function timeoutMilliseconds(connection: usize, timeout: u32): u64 {
  const policy = CONNTRACK_BASE + CT_TIMEOUT_TABLE + <usize>load<u16>(connection, CONN_POLICY) * TIMEOUT_POLICY_SIZE;
  return <u64>load<u32>(policy + (<usize>timeout << 2)) * 1000;
}

/** Puts a new connection on the wheel. `timeout` is a TIMEOUT_*. */
export function schedule(connection: usize, timeout: u32, now: u64): void {
  const expires = now + timeoutMilliseconds(connection, timeout);
  const wheelTick = load<u64>(CONNTRACK_BASE, CT_WHEEL_TICK);
  store<u64>(connection, expires, CONN_EXPIRES);
  linkTimer(connection, tickOf(expires, wheelTick, wheelTick));
}

/** The connection lives for its policy's `timeout` from now on. */
@inline
export function extend(connection: usize, timeout: u32, now: u64): void {
  const expires = now + timeoutMilliseconds(connection, timeout);
  const before = load<u64>(connection, CONN_EXPIRES);
  store<u64>(connection, expires, CONN_EXPIRES);
  if (expires < before) hasten(connection, expires);
}

/** Moves a connection whose expiry has come nearer to an earlier slot, when that is needed. */
function hasten(connection: usize, expires: u64): void {
  const wheelTick = load<u64>(CONNTRACK_BASE, CT_WHEEL_TICK);
  const waiting = (<u64>load<u16>(connection, CONN_TIMER_SLOT) - wheelTick) & LAST_SLOT;
  const tick = tickOf(expires, wheelTick, wheelTick);
  if (tick - wheelTick >= waiting) return;
  unschedule(connection);
  linkTimer(connection, tick);
}

/** Removes what has timed out. Looks at no more than `budget` records and slots; carries on there the next time. */
export function sweepConnections(budget: i32): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  const last = now >> TICK_BITS;
  let tick = load<u64>(CONNTRACK_BASE, CT_WHEEL_TICK);
  if (last < tick) return;
  if (last - tick > LAST_SLOT) tick = last - LAST_SLOT;
  while (budget > 0 && tick <= last) {
    const head = slotHead(<u32>(tick & LAST_SLOT));
    store<u64>(CONNTRACK_BASE, tick, CT_WHEEL_TICK);
    let connection = <usize>load<u32>(head);
    while (connection != 0 && budget > 0) {
      budget--;
      if (isExpired(connection, now)) {
        count(COUNTER_CT_EXPIRED);
        removeConnection(connection);
      } else {
        unschedule(connection);
        linkTimer(connection, tickOf(load<u64>(connection, CONN_EXPIRES), tick + 1, tick));
      }
      connection = <usize>load<u32>(head);
    }
    if (connection != 0) return;
    budget--;
    tick++;
    store<u64>(CONNTRACK_BASE, tick, CT_WHEEL_TICK);
  }
}
