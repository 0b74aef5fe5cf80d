/** Every bench in memory at tiny sizes: it measures, and its checks hold. */
import { describe, expect, it } from "vitest";
import { CheckFailed } from "../../bench/bench.ts";
import { Balancer, WAYS as SPREAD_WAYS } from "../../bench/hash/balancer.ts";
import { capturedConnections, frameOf, randomConnections } from "../../bench/hash/connections.ts";
import { backendCase, CONTESTANTS, measureSpread, P } from "../../bench/hash/distribution.bench.ts";
import recorded from "../../bench/hash/recorded.bench.ts";
import { outputCase } from "../../bench/memory/cases.ts";
import { TABLES } from "../../bench/memory/datapath.bench.ts";
import { ROWS as PROGRAMS } from "../../bench/memory/programs.bench.ts";
import { figuresOf, Rig } from "../../bench/memory/rig.ts";
import { WAYS } from "../../bench/select/balancer.ts";
import { play } from "../../bench/select/play.ts";
import { BenchSession } from "../../bench/session.ts";
import { PIPELINES } from "../../bench/slow-path/pipelines.ts";
import { measureSlowPath } from "../../bench/slow-path/upcalls.bench.ts";

const silent = { write: () => undefined };

describe("spread over backends", () => {
  const connections = randomConnections(300, 1);

  it.each(CONTESTANTS.filter(({ kind }) => kind === "megaflow"))(
    "$name gives every connection a backend and says what moves",
    async (way) => {
      const figures = await measureSpread(
        way,
        backendCase(3, () => connections, ""),
        connections,
      );
      expect(figures["greatest share over its fair share"]).toBeGreaterThanOrEqual(1);
      expect(figures["greatest share over its fair share"]).toBeLessThan(1.6);
      expect(figures[P]).toBeGreaterThan(0);
      expect(figures["moved without need when a backend goes"]).toBeLessThan(100);
    },
  );

  it("moves nothing without need when the choice is by fields", async () => {
    const figures = await measureSpread(
      CONTESTANTS[2],
      backendCase(8, () => connections, ""),
      connections,
    );
    expect(figures["moved without need when a backend goes"]).toBe(0);
    expect(figures["moved without need when a backend comes"]).toBe(0);
  });

  it("is refused when a frame comes out twice", async () => {
    const balancer = await Balancer.make(SPREAD_WAYS[0], [{ id: 0, weight: 100 }]);
    const frames = connections.slice(0, 3).map((connection) => frameOf(connection, 2));
    await expect(balancer.choose(frames)).rejects.toThrow(new CheckFailed("frame 2 came out twice"));
    await balancer.close();
  });

  it("knows the captured clients of a real host", () => {
    const captured = capturedConnections();
    expect(captured.length).toBeGreaterThan(20);
    expect(captured.some(({ source }) => source === "2.1.1.10")).toBe(true);
  });
});

it("all recorded choices of OVS come out the same, both ways", async () => {
  const { rows, error } = await new BenchSession("r", "r", { quick: true, against: undefined }, silent).run(recorded);
  expect(error).toBeUndefined();
  expect(rows.map(({ series }) => series.map(({ samples, failure }) => failure ?? samples[0]))).toEqual([
    [276, 276],
    [384, 384],
  ]);
});

describe("the fast path in memory", () => {
  it.each(TABLES)("$name: every packet goes out in the passes it should take", ({ make }) => {
    const { whole, source } = new Rig(make(32)).play(4);
    expect(whole).toBeGreaterThan(0);
    expect(source).toBeGreaterThan(0);
  });

  it.each(PROGRAMS)("$name: edits are seen in the packet, keys are the packets'", ({ rig }) => {
    expect(rig().play(4).whole).toBeGreaterThan(0);
  });

  it("neighbours may share a megaflow, through one mask or several", () => {
    for (const masks of [1, 4]) expect(new Rig(outputCase(32, masks, false, 4)).play(4).whole).toBeGreaterThan(0);
  });

  it("refuses a figure when the machine was so busy that the source alone took longer than all", () => {
    expect(() => figuresOf(() => ({ whole: 3, source: 4 }))).toThrow(CheckFailed);
    expect(figuresOf(() => ({ whole: 5, source: 4 }))).toEqual({ "with the packet source": 5, "net of it": 1 });
  });

  it("refuses a figure when a packet does not come out as its actions say", () => {
    const unedited = { ...outputCase(1), edits: [{ at: 22, hex: "3f" }] };
    expect(() => new Rig(unedited)).toThrow(new CheckFailed("the bytes at 22 are 40, not 3f"));
  });
});

describe("dp_hash against fields", () => {
  it.each(WAYS.map((way, index) => ({ ...way, index })))(
    "$name carries 40 connections of 5 packets",
    async ({ index }) => {
      const { points } = await play({ way: index, connections: 40, packets: [1, 5] });
      expect(points.map(({ packets }) => packets)).toEqual([1, 5]);
      expect(points[1].nanoseconds).toBeGreaterThan(points[0].nanoseconds);
      expect(points[1].upcalls).toBeGreaterThan(0);
    },
  );

  it("needs a megaflow a connection only where fields go into megaflows", async () => {
    const megaflows = async (way: number) => (await play({ way, connections: 200, packets: [1] })).points[0].megaflows;
    expect(await megaflows(0)).toBeLessThan(20);
    expect(await megaflows(3)).toBeGreaterThan(200);
  });
});

it.each(PIPELINES)("the slow path sets up 100 megaflows: $name", async (pipeline) => {
  for (const value of Object.values(await measureSlowPath(pipeline, 100))) expect(value).toBeGreaterThan(0);
});
