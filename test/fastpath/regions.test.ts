import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONTROL_LAYOUT } from "../../assembly/layout/control.ts";
import {
  REGION_ARENA,
  REGION_CONNTRACK,
  REGION_GENERATION,
  REGION_LAYOUT,
  REGION_MAGIC,
  REGION_METERS,
} from "../../assembly/layout/region.ts";
import { ARENA_HEADER_BASE, CONNTRACK_BASE, CONTROL_BASE, METERS_HEADER_BASE } from "../../assembly/memory.ts";
import { hashOf, layoutHash } from "../../src/fastpath/layout-hash.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { createMemory, instantiate } from "../../src/fastpath/module.ts";
import { publishRegion } from "../../src/fastpath/regions.ts";
import { instantiateFastPath } from "../model/module.ts";
import { fromPort, tcpFrame } from "./match.ts";

const host = { flushPort() {}, receiveLong: () => 0 };

const I32_CONST = 0x41;
const END = 0x0b;

function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const isLast = rest >= -64 && rest < 64;
    bytes.push((rest & 0x7f) | (isLast ? 0 : 0x80));
    if (isLast) return bytes;
  }
}

function header(memory: WebAssembly.Memory, base: number) {
  const view = new DataView(memory.buffer, base);
  const [magic, layout, generation] = [REGION_MAGIC, REGION_LAYOUT, REGION_GENERATION].map((at) =>
    view.getUint32(at, true),
  );
  return { magic, layout, generation };
}

describe("the layout hash", () => {
  it("is the same for the same constants, whatever is said about them", () => {
    const sources = ["export const A = 0; // u32\n", "/** B */\nexport const B = 8;\n"];
    expect(hashOf(["/* new */ export const A =  0;\n", "export const B = 8; // bytes\n"])).toBe(hashOf(sources));
    for (const other of [
      ["export const A = 4;", sources[1]],
      ["export const C = 0;", sources[1]],
      [sources[1], sources[0]],
      [sources[0]],
    ]) {
      expect(hashOf(other)).not.toBe(hashOf(sources));
    }
  });

  it("is compiled into both modules", () => {
    expect(instantiateFastPath().call.layoutHash()).toBe(layoutHash());
    expect(instantiate(createMemory(1), host).layoutHash()).toBe(layoutHash());
  });

  it("keeps a module of other layouts from being used", () => {
    const bytes = readFileSync(new URL("../../build/fastpath.wasm", import.meta.url));
    const constant = bytes.indexOf(Uint8Array.of(I32_CONST, ...leb128(layoutHash()), END));
    expect(constant).toBeGreaterThan(0);
    bytes[constant + 1] ^= 1;
    expect(() => instantiate(createMemory(1), host, new WebAssembly.Module(bytes))).toThrow(/npm run build/);
  });
});

describe("regions that outlive a process", () => {
  it("open with magic, layout hash and generation", () => {
    const { memory } = new LocalDatapath({ seed: 1 });
    const layout = layoutHash();
    expect(header(memory, CONNTRACK_BASE)).toEqual({ magic: REGION_CONNTRACK, layout, generation: 1 });
    expect(header(memory, ARENA_HEADER_BASE)).toEqual({ magic: REGION_ARENA, layout, generation: 1 });
    expect(header(memory, METERS_HEADER_BASE)).toEqual({ magic: REGION_METERS, layout, generation: 1 });
    expect(new DataView(memory.buffer, CONTROL_BASE).getUint32(CONTROL_LAYOUT, true)).toBe(layout);
  });

  it("count the processes that use them", () => {
    const memory = createMemory(1);
    publishRegion(memory, ARENA_HEADER_BASE, REGION_ARENA);
    expect(header(memory, ARENA_HEADER_BASE).generation).toBe(2);
  });

  it("are carried on with where the layout is the same, and made anew where it is not", () => {
    const datapath = new LocalDatapath({ seed: 1 });
    datapath.addTestPort("in", 1);
    const { key, mask } = fromPort(1);
    datapath.putFlow(key, mask, [{ type: "ct", commit: true, zone: 3 }]);
    datapath.inject(1, tcpFrame());
    datapath.run();
    const connections = () => [...datapath.conntrack.connections()].length;
    expect(connections()).toBe(1);
    datapath.fastpath.initialize();
    expect([connections(), header(datapath.memory, CONNTRACK_BASE).generation]).toEqual([1, 2]);
    new DataView(datapath.memory.buffer, CONNTRACK_BASE).setUint32(REGION_LAYOUT, 1, true);
    datapath.fastpath.initialize();
    expect(header(datapath.memory, CONNTRACK_BASE)).toEqual({
      magic: REGION_CONNTRACK,
      layout: layoutHash(),
      generation: 3,
    });
  });
});
