/**
 * What a slot in use holds on to: megaflows and connections, which know that they are held.
 *
 * Invariants: FLOW_OFFLOADS is the number of slots that hold a megaflow, a connection with CONN_FLAG_OFFLOADED has the list of
 *   its slots from CONN_OFFLOADS on; both are in step with the list of used slots at all times.
 *   A link is slot << 2 | the connection's place in the holding, plus 1, so that 0 ends a list.
 */
import { CONN_FLAGS, CONN_FLAG_OFFLOADED, CONN_OFFLOADS } from "../layout/conntrack.ts";
import { FLOW_OFFLOADS } from "../layout/megaflow.ts";
import { COUNTER_OFFLOADS } from "../layout/counter.ts";
import { HOLDING_BYTES, HOLDING_CONNECTION, HOLDING_CONNECTIONS, HOLDING_FLOW, HOLDING_FLOWS, HOLDING_IN_PORT, HOLDING_NEXT, HOLDING_OUT_PORT, HOLDING_PACKETS, HOLDING_PLACE, HOLDING_SIZE, HOLDING_USED_AT, OFFLOAD_HOLDING_TABLE, OFFLOAD_USED, OFFLOAD_USED_TABLE, PATH_CONNECTION, PATH_CONNECTIONS, PATH_FLOW, PATH_FLOWS } from "../layout/offload.ts";
import { COUNTERS_BASE, OFFLOAD_BASE } from "../memory.ts";

const DIRECTION: u32 = 1;

@inline
export function holdingOf(slot: u32): usize {
  return OFFLOAD_BASE + OFFLOAD_HOLDING_TABLE + <usize>slot * HOLDING_SIZE;
}

@inline
export function usedSlots(): u32 {
  return load<u32>(OFFLOAD_BASE, OFFLOAD_USED);
}

/** Number of the slot at a place of the list of used ones. */
@inline
export function usedSlot(place: u32): u32 {
  return load<u32>(usedPlace(place));
}

@inline
function usedPlace(place: u32): usize {
  return OFFLOAD_BASE + OFFLOAD_USED_TABLE + (<usize>place << 2);
}

@inline
export function connectionOf(link: u32): usize {
  return link & ~DIRECTION;
}

@inline
export function directionIn(link: u32): usize {
  return link & DIRECTION;
}

/** The slot is in use from now on, for packets that go as the path says. */
export function hold(slot: u32, path: usize, inPort: u32, outPort: u32, now: u64): void {
  const holding = holdingOf(slot);
  const flows = load<u32>(path, PATH_FLOWS);
  const connections = load<u32>(path, PATH_CONNECTIONS);
  const place = usedSlots();
  store<u32>(usedPlace(place), slot);
  setUsed(place + 1);
  store<u32>(holding, place, HOLDING_PLACE);
  store<u32>(holding, flows, HOLDING_FLOWS);
  store<u32>(holding, connections, HOLDING_CONNECTIONS);
  store<u16>(holding, <u16>inPort, HOLDING_IN_PORT);
  store<u16>(holding, <u16>outPort, HOLDING_OUT_PORT);
  store<u64>(holding, 0, HOLDING_PACKETS);
  store<u64>(holding, 0, HOLDING_BYTES);
  store<u64>(holding, now, HOLDING_USED_AT);
  for (let i: usize = 0; i < <usize>flows << 2; i += 4) {
    const flow: usize = load<u32>(path + i, PATH_FLOW);
    store<u32>(holding + i, <u32>flow, HOLDING_FLOW);
    store<u32>(flow, load<u32>(flow, FLOW_OFFLOADS) + 1, FLOW_OFFLOADS);
  }
  for (let i: u32 = 0; i < connections; i++) link(slot, holding, i, load<u32>(path + (<usize>i << 2), PATH_CONNECTION));
}

/** The slot is free again. */
export function release(slot: u32): void {
  const holding = holdingOf(slot);
  const flows = load<u32>(holding, HOLDING_FLOWS);
  const connections = load<u32>(holding, HOLDING_CONNECTIONS);
  for (let i: usize = 0; i < <usize>flows << 2; i += 4) {
    const flow: usize = load<u32>(holding + i, HOLDING_FLOW);
    store<u32>(flow, load<u32>(flow, FLOW_OFFLOADS) - 1, FLOW_OFFLOADS);
  }
  for (let i: u32 = 0; i < connections; i++) unlink(slot, holding, i);
  const last = usedSlots() - 1;
  const place = load<u32>(holding, HOLDING_PLACE);
  const moved = usedSlot(last);
  store<u32>(usedPlace(place), moved);
  store<u32>(holdingOf(moved), place, HOLDING_PLACE);
  setUsed(last);
}

@inline
function setUsed(slots: u32): void {
  store<u32>(OFFLOAD_BASE, slots, OFFLOAD_USED);
  store<u64>(COUNTERS_BASE, slots, COUNTER_OFFLOADS * 8);
}

@inline
function link(slot: u32, holding: usize, place: u32, member: u32): void {
  const connection = connectionOf(member);
  const flags = load<u32>(connection, CONN_FLAGS);
  const at = holding + (<usize>place << 2);
  store<u32>(at, member, HOLDING_CONNECTION);
  store<u32>(at, (flags & CONN_FLAG_OFFLOADED) != 0 ? load<u32>(connection, CONN_OFFLOADS) : 0, HOLDING_NEXT);
  store<u32>(connection, ((slot << 2) | place) + 1, CONN_OFFLOADS);
  store<u32>(connection, flags | CONN_FLAG_OFFLOADED, CONN_FLAGS);
}

function unlink(slot: u32, holding: usize, place: u32): void {
  const connection = connectionOf(load<u32>(holding + (<usize>place << 2), HOLDING_CONNECTION));
  const wanted = ((slot << 2) | place) + 1;
  const next = load<u32>(holding + (<usize>place << 2), HOLDING_NEXT);
  let at = connection + CONN_OFFLOADS;
  for (let found = load<u32>(at); found != 0; found = load<u32>(at)) {
    if (found == wanted) {
      store<u32>(at, next);
      break;
    }
    at = nextOf(found);
  }
  if (load<u32>(connection, CONN_OFFLOADS) != 0) return;
  store<u32>(connection, load<u32>(connection, CONN_FLAGS) & ~CONN_FLAG_OFFLOADED, CONN_FLAGS);
}

/** Where a link's successor stands. */
@inline
export function nextOf(found: u32): usize {
  return holdingOf(slotIn(found)) + HOLDING_NEXT + (<usize>((found - 1) & 3) << 2);
}

/** Number of the slot that a link names. */
@inline
export function slotIn(found: u32): u32 {
  return (found - 1) >> 2;
}
