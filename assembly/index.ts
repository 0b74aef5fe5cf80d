/** What TypeScript may call; nothing else is exported. Re-exports go without ".ts": asc strips it from imports only. */
import { conntrackInitialize, conntrackSweep } from "./conntrack/track.ts";
import { clearCache } from "./flow/cache.ts";
import { lookupInitialize, rankMasks } from "./flow/lookup.ts";
import { sweepOffloads } from "./offload/sweep.ts";
import { resetPool } from "./packet/pool.ts";

export { applyCommands } from "./commands";
export { runBuffers, runDatagrams, runRing, runXdp } from "./io/batch";
export { setClock } from "./io/clock";
export { countRefused, countSent, countTunnelled } from "./io/queue";
export { countTakenXdp, submitXdp, unsentXdp, withdrawXdp } from "./io/xdp-transmit";
export { processBatch } from "./pipeline";
export { layoutHash } from "./region";

/** Once, before anything else: empty tables. The main thread has written the control block by then. */
export function initialize(): void {
  resetPool();
  clearCache();
  lookupInitialize();
  conntrackInitialize();
}

/** Once a loop of the worker: retires connections (at most `budget` records looked at), keeps masks in order. */
export function sweep(budget: i32): void {
  rankMasks();
  sweepOffloads();
  conntrackSweep(budget);
}
