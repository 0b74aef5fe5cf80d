/**
 * Flows taken back from the kernel: their next packets come to the fast path again.
 *
 * What: one slot; those of a connection, which are linked to it; those of a megaflow, which are searched for; all.
 * Cost: a search reads a line of every slot in use. Where many megaflows change at once, all flows are taken back instead: they return
 *   with their next packets.
 */
import { CONN_FLAGS, CONN_FLAG_OFFLOADED, CONN_OFFLOADS } from "../layout/conntrack.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { FLOW_FITNESS, FLOW_OFFLOADS } from "../layout/megaflow.ts";
import { FITNESS_UNKNOWN, HOLDING_FLOW, HOLDING_FLOWS, OFFLOAD_SEARCHES } from "../layout/offload.ts";
import { CONTROL_BASE, OFFLOAD_BASE } from "../memory.ts";
import { countSlot } from "./count.ts";
import { holdingOf, nextOf, release, slotIn, usedSlot, usedSlots } from "./holding.ts";
import { slotAddress, withdrawSlot } from "./slots.ts";

/** Searches between two batches after which everything is taken back. */
const MOST_SEARCHES: u32 = 8;

@inline
function now(): u64 {
  return load<u64>(CONTROL_BASE, CONTROL_NOW);
}

/** Takes a slot in use back; what was counted in it so far is passed on. */
export function withdraw(slot: u32): void {
  withdrawSlot(slotAddress(slot));
  countSlot(slot, now());
  release(slot);
}

export function withdrawAll(): void {
  for (let used = usedSlots(); used != 0; used = usedSlots()) withdraw(usedSlot(used - 1));
}

@inline
export function isConnectionOffloaded(connection: usize): bool {
  return (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_OFFLOADED) != 0;
}

/** Of a connection that is offloaded. */
export function withdrawConnection(connection: usize): void {
  while (isConnectionOffloaded(connection)) withdraw(slotIn(load<u32>(connection, CONN_OFFLOADS)));
}

/** Passes on what the kernel has counted for a connection that is offloaded. */
export function countConnection(connection: usize): void {
  for (let found = load<u32>(connection, CONN_OFFLOADS); found != 0; found = load<u32>(nextOf(found))) {
    countSlot(slotIn(found), now());
  }
}

/** A megaflow is linked: its record may have been another's. */
@inline
export function forgetFitness(flow: usize): void {
  store<u32>(flow, 0, FLOW_OFFLOADS);
  store<u32>(flow, FITNESS_UNKNOWN, FLOW_FITNESS);
}

/** The megaflow's program is not in force any more. */
export function withdrawFlow(flow: usize): void {
  store<u32>(flow, FITNESS_UNKNOWN, FLOW_FITNESS);
  if (load<u32>(flow, FLOW_OFFLOADS) == 0) return;
  const searches = load<u32>(OFFLOAD_BASE, OFFLOAD_SEARCHES) + 1;
  store<u32>(OFFLOAD_BASE, searches, OFFLOAD_SEARCHES);
  if (searches > MOST_SEARCHES) return withdrawAll();
  for (let place = usedSlots(); place != 0 && load<u32>(flow, FLOW_OFFLOADS) != 0; place--) {
    const slot = usedSlot(place - 1);
    if (holds(slot, flow)) withdraw(slot);
  }
}

function holds(slot: u32, flow: usize): bool {
  const holding = holdingOf(slot);
  const flows = load<u32>(holding, HOLDING_FLOWS);
  for (let i: usize = 0; i < <usize>flows << 2; i += 4) {
    if (load<u32>(holding + i, HOLDING_FLOW) == <u32>flow) return true;
  }
  return false;
}
