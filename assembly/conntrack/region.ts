/**
 * Conntrack's memory: made ready once, taken over by later processes that map it again.
 *
 * Invariants: where the header is valid (region.ts), records, chains and wheel are complete,
 *   because the worker leaves between packets. The seed of the hashes stays with the region.
 */
import { CONN_FLAGS, CONN_FLAG_OFFLOADED, CT_COUNT, CT_HIGH_WATER, CT_LIMIT, CT_SEED, CT_SEQUENCE_CHECK, CT_WHEEL_TICK } from "../layout/conntrack.ts";
import { CT_CONFIG_FRAGMENTS_V4, CT_CONFIG_FRAGMENTS_V6, CT_CONFIG_FRAGMENT_LIMIT, CT_CONFIG_FRAGMENT_MIN_V4, CT_CONFIG_FRAGMENT_MIN_V6, CT_CONFIG_MAX_CONNECTIONS, CT_CONFIG_SEQUENCE_CHECK } from "../layout/conntrack-command.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { COUNTER_CT_COUNT } from "../layout/counter.ts";
import { FRAG_ENABLED, FRAG_LIMIT, FRAG_MIN_SIZE, FRAG_SLOTS } from "../layout/fragments.ts";
import { CONNECTION_SIZE } from "../layout/limits.ts";
import { REGION_CONNTRACK } from "../layout/region.ts";
import { CONNECTIONS_BASE, CONNTRACK_BASE, CONTROL_BASE, COUNTERS_BASE, FRAGMENTS_BASE, MAX_CONNECTIONS } from "../memory.ts";
import { random32 } from "../random.ts";
import { publishRegion, takeRegion } from "../region.ts";
import { initializeFragments } from "./fragment-store.ts";
import { initializeTimeouts } from "./timeouts.ts";

/** Makes the tables ready, or takes over the connections that a former process left in the same memory. */
export function conntrackInitialize(): void {
  const known = takeRegion(CONNTRACK_BASE, REGION_CONNTRACK);
  initializeFragments();
  if (known) {
    forgetOffloads();
    store<u64>(COUNTERS_BASE, load<u32>(CONNTRACK_BASE, CT_COUNT), COUNTER_CT_COUNT * 8);
    return;
  }
  initializeTimeouts();
  store<u64>(CONNTRACK_BASE, ((<u64>random32()) << 32) | random32() | 1, CT_SEED);
  store<u32>(CONNTRACK_BASE, MAX_CONNECTIONS, CT_LIMIT);
  store<u32>(CONNTRACK_BASE, 1, CT_SEQUENCE_CHECK);
  store<u64>(CONNTRACK_BASE, load<u64>(CONTROL_BASE, CONTROL_NOW) >> 10, CT_WHEEL_TICK);
  publishRegion(CONNTRACK_BASE, REGION_CONNTRACK);
}

/** The kernel forwards nothing for a process that has gone. */
function forgetOffloads(): void {
  const end = CONNECTIONS_BASE + <usize>load<u32>(CONNTRACK_BASE, CT_HIGH_WATER) * CONNECTION_SIZE;
  for (let connection = CONNECTIONS_BASE; connection < end; connection += CONNECTION_SIZE) {
    store<u32>(connection, load<u32>(connection, CONN_FLAGS) & ~CONN_FLAG_OFFLOADED, CONN_FLAGS);
  }
}

/** COMMAND_CT_CONFIG: CT_CONFIG_*, value. */
export function setConntrackConfig(args: usize): void {
  const value = load<u32>(args, 4);
  switch (load<u32>(args)) {
    case CT_CONFIG_MAX_CONNECTIONS:
      store<u32>(CONNTRACK_BASE, min<u32>(value, MAX_CONNECTIONS), CT_LIMIT);
      break;
    case CT_CONFIG_SEQUENCE_CHECK:
      store<u32>(CONNTRACK_BASE, value != 0 ? 1 : 0, CT_SEQUENCE_CHECK);
      break;
    case CT_CONFIG_FRAGMENTS_V4:
      store<u32>(FRAGMENTS_BASE, value != 0 ? 1 : 0, FRAG_ENABLED);
      break;
    case CT_CONFIG_FRAGMENTS_V6:
      store<u32>(FRAGMENTS_BASE, value != 0 ? 1 : 0, FRAG_ENABLED + 4);
      break;
    case CT_CONFIG_FRAGMENT_MIN_V4:
      store<u32>(FRAGMENTS_BASE, value, FRAG_MIN_SIZE);
      break;
    case CT_CONFIG_FRAGMENT_MIN_V6:
      store<u32>(FRAGMENTS_BASE, value, FRAG_MIN_SIZE + 4);
      break;
    case CT_CONFIG_FRAGMENT_LIMIT:
      store<u32>(FRAGMENTS_BASE, min<u32>(value, FRAG_SLOTS), FRAG_LIMIT);
      break;
  }
}
