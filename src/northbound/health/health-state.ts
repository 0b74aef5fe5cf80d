/**
 * One backend's health: when it is asked, what counts as a result, and when results make it online or offline.
 *
 * A probe waits `timeout` for an answer; `interval` after the result the next one goes out. `successCount` good results make it
 * online, `failureCount` bad ones offline, counted anew after either (so do ovn-controller's: they need not follow each other).
 */
import type { Timing } from "./timing.ts";

export type Health = "online" | "offline";

export class HealthState {
  #waiting = false;
  #due: number;
  #successes = 0;
  #failures = 0;

  /** The first probe is due at once; times in milliseconds. */
  constructor(now: number) {
    this.#due = now;
  }

  /** When `tick` has something to do. */
  get due(): number {
    return this.#due;
  }

  /** `silence`: what no answer means. A probe that is due is taken as sent. */
  tick(now: number, silence: "good" | "bad", timing: Timing): { readonly probe: boolean; readonly health?: Health } {
    if (now < this.#due) return { probe: false };
    if (this.#waiting) return { probe: false, health: this.#result(now, silence === "good", timing) };
    this.#waiting = true;
    this.#due = now + timing.timeout;
    return { probe: true };
  }

  /** An answer to the last probe. What comes after its result is known is no news. */
  answered(now: number, good: boolean, timing: Timing): Health | undefined {
    return this.#waiting ? this.#result(now, good, timing) : undefined;
  }

  #result(now: number, good: boolean, { interval, successCount, failureCount }: Timing): Health | undefined {
    this.#waiting = false;
    this.#due = now + interval;
    if (good) this.#successes++;
    else this.#failures++;
    const reached = good ? this.#successes >= successCount : this.#failures >= failureCount;
    if (!reached) return undefined;
    this.#successes = 0;
    this.#failures = 0;
    return good ? "online" : "offline";
  }
}
