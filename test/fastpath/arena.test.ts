import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARENA_BASE, ARENA_SIZE } from "../../assembly/memory.ts";
import { Arena, blockSize } from "../../src/fastpath/arena.ts";
import { DatapathFullError } from "../../src/fastpath/datapath.ts";

describe("flow arena", () => {
  it("never gives out bytes twice, whatever is freed in between", () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), flow: fc.boolean(), free: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const arena = new Arena();
        const live: { address: number; bytes: number; flow: boolean }[] = [];
        for (const { bytes, flow, free } of steps) {
          if (free === 0 && live.length > 0) {
            const block = live.splice(bytes % live.length, 1)[0];
            if (block.flow) arena.freeFlow(block.address, block.bytes);
            else arena.free(block.address, block.bytes);
          } else {
            live.push({ address: flow ? arena.allocateFlow(bytes) : arena.allocate(bytes), bytes, flow });
          }
        }
        live.sort((a, b) => a.address - b.address);
        for (let i = 0; i < live.length; i++) {
          expect(live[i].address).toBeGreaterThanOrEqual(
            i === 0 ? ARENA_BASE : live[i - 1].address + live[i - 1].bytes,
          );
        }
        expect(arena.allocatedBytes).toBe(live.reduce((sum, block) => sum + blockSize(block.bytes), 0));
      }),
      { numRuns: 100 },
    );
  });

  it("reuses a flow record's memory for flow records only", () => {
    const arena = new Arena();
    const record = arena.allocateFlow(128);
    arena.freeFlow(record, 128);
    expect(arena.allocate(128)).not.toBe(record);
    expect(arena.allocateFlow(128)).toBe(record);
  });

  it("wastes less than a cache line up to 1 KiB and less than a quarter above", () => {
    for (let bytes = 33; bytes <= 1024; bytes++) expect(blockSize(bytes) - bytes).toBeLessThan(64);
    for (let bytes = 1025; bytes < 1 << 20; bytes = Math.ceil(bytes * 1.07)) {
      expect(blockSize(bytes)).toBeGreaterThanOrEqual(bytes);
      expect(blockSize(bytes)).toBeLessThan(bytes * 1.25 + 1);
    }
  });

  it("says so when it is full, and goes on when something was freed", () => {
    const arena = new Arena();
    const block = 8 * 1024 * 1024;
    const blocks = Array.from({ length: ARENA_SIZE / block }, () => arena.allocate(block));
    expect(() => arena.allocate(block)).toThrow(DatapathFullError);
    arena.free(blocks[3], block);
    expect(arena.allocate(block)).toBe(blocks[3]);
  });
});
