import { expect, it } from "vitest";
import { monotonicMicroseconds } from "../../src/kernel/clock.ts";

it("counts the microseconds of CLOCK_MONOTONIC", () => {
  const before = Number(process.hrtime.bigint() / 1000n);
  const now = monotonicMicroseconds();
  const after = Number(process.hrtime.bigint() / 1000n);
  // Two clocks are read one after the other when the offset is found: the error is theirs.
  expect(now).toBeGreaterThan(before - 200);
  expect(now).toBeLessThan(after + 200);
});
