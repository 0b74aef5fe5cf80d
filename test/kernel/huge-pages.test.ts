import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { adviseHugePages } from "../../src/kernel/host-memory.ts";

it("huge pages are asked for where the kernel has them, and what is in memory stays", () => {
  const memory = new WebAssembly.Memory({ initial: 128, maximum: 128, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes[5 << 20] = 7;
  const known = existsSync("/sys/kernel/mm/transparent_hugepage/enabled");
  expect(adviseHugePages(memory, 0, 8 << 20)).toBe(known);
  expect([bytes[5 << 20], bytes[7 << 20]]).toEqual([7, 0]);
});
