import { afterEach, beforeEach, expect, it } from "vitest";
import { Bell, READABLE, Readiness } from "../../src/kernel/readiness.ts";

const TAG = 0xffff_ffff;
let readiness: Readiness;
let bell: Bell;

beforeEach(() => {
  readiness = new Readiness(8);
  bell = new Bell();
});
afterEach(() => {
  readiness.close();
  bell.close();
});

it("a bell is heard under its tag until it is silenced", () => {
  readiness.add(bell.descriptor, TAG);
  expect(readiness.wait(0)).toBe(0);
  bell.ring();
  bell.ring();
  expect(readiness.wait(0)).toBe(1);
  expect(readiness.tag(0)).toBe(TAG);
  expect(readiness.conditions(0)).toBe(READABLE);
  bell.silence();
  expect(readiness.wait(0)).toBe(0);
});

it("an edge is reported once for each ring", () => {
  readiness.add(bell.descriptor, 7, true);
  bell.ring();
  expect(readiness.wait(0)).toBe(1);
  expect(readiness.wait(0)).toBe(0);
  bell.ring();
  expect(readiness.wait(0)).toBe(1);
});

it("a second set on the same descriptor sees the same events", () => {
  readiness.add(bell.descriptor, 7);
  bell.ring();
  const other = new Readiness(8, readiness.descriptor);
  expect(other.wait(0)).toBe(1);
  expect(other.tag(0)).toBe(7);
});

it("a removed descriptor is silent, and removing it again is no error", () => {
  readiness.add(bell.descriptor, 7);
  readiness.remove(bell.descriptor);
  readiness.remove(bell.descriptor);
  bell.ring();
  expect(readiness.wait(0)).toBe(0);
});

it("a wait ends at its time limit", () => {
  const start = performance.now();
  expect(readiness.wait(20)).toBe(0);
  expect(performance.now() - start).toBeGreaterThanOrEqual(19);
});
