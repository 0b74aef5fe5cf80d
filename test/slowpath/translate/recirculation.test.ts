import { describe, expect, it } from "vitest";
import { FROZEN_BYTES } from "../../../src/slowpath/translate/frozen-metadata.ts";
import {
  type FrozenState,
  RECIRCULATION_GRACE,
  RecirculationTable,
} from "../../../src/slowpath/translate/recirculation.ts";
import { TestBridge } from "./test-bridge.ts";

const bridge = new TestBridge([]);

function state(change: Partial<FrozenState> = {}): FrozenState {
  return {
    bridge,
    table: 5,
    actions: [],
    metadata: new Uint8Array(FROZEN_BYTES),
    stack: [],
    actionSet: [],
    conntracked: true,
    hashed: false,
    ...change,
  };
}

describe("recirculation ids", () => {
  it("are the same for equal states and differ for others", () => {
    const table = new RecirculationTable(() => 0);
    const id = table.idOf(state());
    expect(table.idOf(state())).toBe(id);
    const others = [
      state({ table: 6 }),
      state({ conntracked: false }),
      state({ hashed: true }),
      state({ stack: [1] }),
      state({ stack: [1, 2] }),
      state({ actions: [{ type: "output", port: 1 }] }),
      state({ actionSet: [{ type: "output", port: 1 }] }),
      state({ metadata: new Uint8Array(FROZEN_BYTES).fill(1) }),
      state({ bridge: new TestBridge([]) }),
    ];
    expect(new Set([id, ...others.map((other) => table.idOf(other))]).size).toBe(others.length + 1);
  });

  it("are kept while a megaflow holds them, and a little longer", () => {
    let now = 0;
    const table = new RecirculationTable(() => now);
    const held = table.idOf(state());
    const loose = table.idOf(state({ table: 6 }));
    table.retain(held);
    table.retain(held);
    now = RECIRCULATION_GRACE + 1;
    expect(table.expire()).toBe(1);
    expect(table.state(loose)).toBeUndefined();
    table.release(held);
    now += RECIRCULATION_GRACE + 1;
    expect(table.expire()).toBe(0);
    table.release(held);
    expect(table.expire()).toBe(0);
    now += RECIRCULATION_GRACE + 1;
    expect(table.expire()).toBe(1);
    expect(table.size).toBe(0);
  });

  it("start the grace period anew when they are made again", () => {
    let now = 0;
    const table = new RecirculationTable(() => now);
    const id = table.idOf(state());
    now = RECIRCULATION_GRACE - 1;
    table.idOf(state());
    now = RECIRCULATION_GRACE + 1;
    expect(table.expire()).toBe(0);
    expect(table.state(id)).toBeDefined();
  });

  it("are never 0, and skip those in use when they wrap", () => {
    const table = new RecirculationTable(() => 0, 0xffff_ffff);
    expect(table.idOf(state({ table: 1 }))).toBe(0xffff_ffff);
    expect(table.idOf(state({ table: 2 }))).toBe(1);
  });

  it("ignore releases that nobody owes", () => {
    const table = new RecirculationTable(() => 0);
    const id = table.idOf(state());
    table.release(id);
    table.release(99);
    table.retain(99);
    expect(table.state(id)).toBeDefined();
  });
});
