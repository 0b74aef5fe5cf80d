/** The time of a batch: read once a loop, not once a packet. */
import { CONTROL_NOW, CONTROL_NOW_US } from "../layout/control.ts";
import { CONTROL_BASE } from "../memory.ts";

/** Sets the fast path's time to `microseconds` of CLOCK_MONOTONIC (f64: JavaScript's numbers need no BigInt this way). */
export function setClock(microseconds: f64): void {
  const now = <u64>microseconds;
  store<u64>(CONTROL_BASE, now / 1000, CONTROL_NOW);
  store<u64>(CONTROL_BASE, now, CONTROL_NOW_US);
}
