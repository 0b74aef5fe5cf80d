import { describe, expect, it } from "vitest";
import { NO_BUCKET, selectSlots } from "../../src/fastpath/select-slots.ts";

const live = (...weights: number[]) => weights.map((weight) => ({ weight, alive: true }));
const shares = (slots: Uint16Array, buckets: number) =>
  Array.from({ length: buckets }, (_, bucket) => slots.filter((slot) => slot === bucket).length);

describe("slots of a dp_hash group", () => {
  it("are 16 for few buckets, dealt out in turn", () => {
    expect([...selectSlots(live(100, 100))!]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it("are the next power of two when the lightest bucket needs more", () => {
    expect(selectSlots(live(...Array(17).fill(100)))).toHaveLength(32);
    expect(selectSlots(live(1, 31))).toHaveLength(32);
    expect(selectSlots(live(1, 32))).toHaveLength(64);
    expect(selectSlots(live(1, 255))).toHaveLength(256);
  });

  it("follow the weights by Webster's method, the first of equals first", () => {
    expect([...selectSlots(live(3, 1))!].slice(0, 8)).toEqual([0, 0, 1, 0, 0, 0, 1, 0]);
    expect(shares(selectSlots(live(3, 1))!, 2)).toEqual([12, 4]);
    expect(shares(selectSlots(live(50, 30, 20))!, 3)).toEqual([8, 5, 3]);
  });

  it("leave buckets of weight 0 out", () => {
    expect(shares(selectSlots(live(100, 0, 100))!, 3)).toEqual([8, 0, 8]);
  });

  it("do not exist for more than 256 slots, without weight or without buckets", () => {
    expect(selectSlots(live(1, 256))).toBeUndefined();
    expect(selectSlots(live(0, 0))).toBeUndefined();
    expect(selectSlots([])).toBeUndefined();
  });

  it("of a dead bucket go to the next slot's bucket, the others stay", () => {
    const all = selectSlots(live(100, 100, 100))!;
    const some = selectSlots([
      { weight: 100, alive: true },
      { weight: 100, alive: false },
      { weight: 100, alive: true },
    ])!;
    all.forEach((bucket, slot) => {
      if (bucket !== 1) expect(some[slot]).toBe(bucket);
      else expect(some[slot]).toBe([...all.slice(slot), ...all].find((next) => next !== 1));
    });
  });

  it("lead nowhere when all are dead", () => {
    const slots = selectSlots([{ weight: 1, alive: false }])!;
    expect(new Set(slots)).toEqual(new Set([NO_BUCKET]));
  });
});
