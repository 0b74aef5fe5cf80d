import { expect, it } from "vitest";
import { hostBase, mapAnonymous, PAGE_SIZE } from "../../src/kernel/host-memory.ts";
import { Bell } from "../../src/kernel/readiness.ts";
import { argument, read } from "../../src/kernel/system-calls.ts";

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const bytes = new Uint8Array(memory.buffer);

it("the kernel writes where a host address points into linear memory", () => {
  const bell = new Bell();
  bell.ring();
  expect(read(bell.descriptor, hostBase(memory) + 4096, 8)).toBe(8);
  bell.close();
  expect(bytes[4096]).toBe(1);
});

it("anonymous pages replace a window and nothing around it", () => {
  bytes.fill(0xaa);
  mapAnonymous(memory, 2 * PAGE_SIZE, PAGE_SIZE);
  expect([bytes[2 * PAGE_SIZE - 1], bytes[2 * PAGE_SIZE], bytes[3 * PAGE_SIZE - 1], bytes[3 * PAGE_SIZE]]).toEqual([
    0xaa, 0, 0, 0xaa,
  ]);
  bytes[2 * PAGE_SIZE] = 5;
  expect(bytes[2 * PAGE_SIZE]).toBe(5);
});

it("arguments of calls are zeroed", () => {
  expect([...argument(3)]).toEqual([0, 0, 0]);
});
