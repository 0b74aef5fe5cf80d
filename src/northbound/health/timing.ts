/** The options of a health check, with what ovn-controller 23.03 takes when they are not set. */
import type { TextMap } from "../database/model.ts";

export interface Timing {
  /** Milliseconds from one result to the next probe. */
  readonly interval: number;
  /** Milliseconds after which no answer is a result too. */
  readonly timeout: number;
  /** Results it takes to be called online. */
  readonly successCount: number;
  readonly failureCount: number;
}

/** The longest time that a timer of Node can wait, in seconds: 2^31 ms. */
const MOST_SECONDS = 2_147_483;

export function timingOf(options: TextMap): Timing {
  return {
    interval: 1000 * Math.min(positive(options.get("interval"), 5), MOST_SECONDS),
    timeout: 1000 * Math.min(positive(options.get("timeout"), 3), MOST_SECONDS),
    successCount: positive(options.get("success_count"), 1),
    failureCount: positive(options.get("failure_count"), 1),
  };
}

/** What is no number, or none above 0, counts as not set. */
function positive(text: string | undefined, otherwise: number): number {
  const value = /^\s*\d+\s*$/.test(text ?? "") ? Number(text) : 0;
  return value > 0 ? value : otherwise;
}
