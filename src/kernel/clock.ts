/**
 * CLOCK_MONOTONIC without an object or a BigInt for each reading.
 *
 * `performance.now()` counts the same clock in milliseconds from the thread's start; what is missing is found out once.
 */
const offsetMicroseconds = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Microseconds of CLOCK_MONOTONIC. */
export function monotonicMicroseconds(): number {
  return offsetMicroseconds + performance.now() * 1000;
}
