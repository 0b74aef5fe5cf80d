import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { parseMac } from "../../../src/slowpath/flow/address-text.ts";
import { formatMacTable, MacLearning } from "../../../src/slowpath/tables/mac-learning.ts";
import { PortHeap } from "../../../src/slowpath/tables/port-heap.ts";
import { recordedFiles } from "../reference.ts";

const mac = (last: number): Uint8Array => parseMac(`00:00:00:00:00:${last.toString(16).padStart(2, "0")}`)!;

let table: MacLearning;
let changes: number;

beforeEach(() => {
  table = new MacLearning();
  changes = 0;
  table.onChange(() => changes++);
});

describe("MAC learning", () => {
  it("tells new and moved stations from known ones", () => {
    expect(table.learn(0, mac(1), 1, 0)).toBe(true);
    expect(table.learn(0, mac(1), 1, 10)).toBe(false);
    expect(table.learn(0, mac(1), 2, 20)).toBe(true);
    expect(table.learn(7, mac(1), 3, 20)).toBe(true);
    expect([table.lookup(0, mac(1), 20), table.lookup(7, mac(1), 20), table.lookup(8, mac(1), 20)]).toEqual([
      2,
      3,
      undefined,
    ]);
    expect(changes).toBe(3);
  });

  it("learns nothing from multicast sources", () => {
    expect(table.learn(0, parseMac("01:00:5e:00:00:01")!, 1, 0)).toBe(false);
    expect(table.size).toBe(0);
  });

  it("forgets after 300 seconds of silence", () => {
    table.learn(0, mac(1), 1, 0);
    table.learn(0, mac(1), 1, 5000);
    expect(table.lookup(0, mac(1), 304_999)).toBe(1);
    expect(table.lookup(0, mac(1), 305_000)).toBeUndefined();
    table.expire(305_000);
    expect([table.size, changes]).toEqual([0, 2]);
  });

  it("takes from the port that has most, when full", () => {
    table.limit = 4;
    for (const last of [1, 2]) table.learn(0, mac(last), last, last);
    for (const last of [3, 4, 5, 6]) table.learn(0, mac(last), 9, last);
    // A port that floods addresses pushes out its own.
    expect(table.entries().map((entry) => entry.mac[5])).toEqual([1, 2, 5, 6]);
    expect(table.statistics.evicted).toBe(2);
    table.configure(undefined, 3);
    expect(table.entries().map((entry) => entry.mac[5])).toEqual([1, 2, 6]);
  });

  it("takes from equal ports in the order of Open vSwitch's heap", () => {
    // ofproto-dpif.at, "MAC table overflow fairness".
    table.limit = 10;
    for (let i = 0; i < 10; i++) table.learn(0, mac(i), 1 + (i >> 1), i);
    for (let i = 10; i < 26; i++) table.learn(0, mac(i), 6, i);
    expect(table.entries().map((entry) => [entry.port, entry.mac[5]])).toEqual([
      [1, 1],
      [2, 3],
      [3, 4],
      [3, 5],
      [4, 7],
      [5, 8],
      [5, 9],
      ...[23, 24, 25].map((last) => [6, last]),
    ]);
  });

  it("takes nothing new when static entries fill it", () => {
    table.limit = 1;
    table.addStatic(0, mac(1), 9);
    expect(table.learn(0, mac(2), 1, 0)).toBe(false);
    expect(table.size).toBe(1);
  });

  it("finds the fullest port whatever comes and goes", () => {
    const counts = new Map<number, number>();
    const heap = new PortHeap();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 6 }), (port, count) => {
        heap.set(port, count);
        if (count === 0) counts.delete(port);
        else counts.set(port, count);
        const most = Math.max(0, ...counts.values());
        expect(heap.first === undefined ? 0 : counts.get(heap.first)).toBe(most);
      }),
      { numRuns: 2000 },
    );
  });

  it("says what a static entry replaces, and counts whoever comes by another port", () => {
    table.learn(0, mac(1), 1, 0);
    expect(table.addStatic(0, mac(1), 2)).toMatchObject({ port: 1, static: false });
    table.learn(0, mac(1), 1, 5);
    expect([table.lookup(0, mac(1), 5), table.statistics.notMoved]).toEqual([2, 1]);
  });

  it("pushes out the station of a port that was seen longest ago when full", () => {
    table.limit = 2;
    table.learn(0, mac(1), 1, 0);
    table.learn(0, mac(2), 1, 1);
    table.learn(0, mac(1), 1, 2);
    table.learn(0, mac(3), 3, 3);
    expect(table.entries().map((entry) => entry.mac[5])).toEqual([1, 3]);
  });

  it("keeps static entries where they are", () => {
    table.addStatic(0, mac(1), 9);
    expect(table.learn(0, mac(1), 2, 0)).toBe(false);
    table.expire(1e9);
    table.flush();
    expect(table.lookup(0, mac(1), 1e9)).toBe(9);
    expect(table.remove(0, mac(1))).toBe(true);
    expect(table.remove(0, mac(1))).toBe(false);
  });

  it("flushes everything learned, or one port", () => {
    table.learn(0, mac(1), 1, 0);
    table.learn(0, mac(2), 2, 0);
    table.flush(1);
    expect(table.entries().map(({ port }) => port)).toEqual([2]);
    table.flush();
    expect(table.size).toBe(0);
  });

  it("prints as fdb/show", () => {
    const [{ lines }] = recordedFiles("1-single-chassis/state/appctl-fdb-show.txt");
    expect(formatMacTable(table, 0)).toBe(lines.join("\n"));
    table.learn(10, mac(0xa), 3, 0);
    table.addStatic(0, mac(0xb), 0xfffe);
    expect(formatMacTable(table, 12_400).split("\n").slice(1)).toEqual([
      "    3    10  00:00:00:00:00:0a   12",
      "LOCAL     0  00:00:00:00:00:0b  static",
      "",
    ]);
  });
});
