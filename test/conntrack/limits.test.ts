/** Limits, expiry, timeout policies, flushes, a region taken over by the next process. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  COUNTER_CT_COUNT,
  COUNTER_CT_CREATED,
  COUNTER_CT_EXPIRED,
  DROP_CT_FULL,
} from "../../assembly/layout/counter.ts";
import { echo, end, tcp, udp } from "./text.ts";
import { Tracker } from "./tracker.ts";

let tracker = new Tracker();
beforeEach(() => {
  tracker = new Tracker();
});

const flow = (number: number): Uint8Array => udp(`10.0.${number >> 8}.${number & 255}:1000`, "10.9.0.1:53");

describe("limits", () => {
  it("refuse what is new and keep what is there when the table's limit is reached", () => {
    tracker.conntrack.setMaxConnections(3);
    for (let number = 0; number < 3; number++) expect(tracker.state(flow(number), { commit: true })).toBe("+new+trk");
    expect(tracker.state(flow(3), { commit: true })).toBe("dropped");
    expect(tracker.dropped(DROP_CT_FULL)).toBe(1);
    expect(tracker.state(flow(3), {}), "looking is free").toBe("+new+trk");
    expect(tracker.state(flow(1), { commit: true })).toBe("+new+trk");
    expect(tracker.conntrack.maxConnections()).toBe(3);
  });

  it("hold a zone to its own limit, and the others to the default one", () => {
    tracker.conntrack.setZoneLimit(undefined, 1);
    tracker.conntrack.setZoneLimit(7, 2);
    const admitted = (zone: number) =>
      [0, 1, 2].filter((number) => tracker.state(flow(number), { zone, commit: true }) !== "dropped").length;
    expect([admitted(7), admitted(8), admitted(9)]).toEqual([2, 1, 1]);
    expect(tracker.conntrack.zoneLimits()).toEqual({ default: 1, zones: [{ zone: 7, limit: 2, count: 2 }] });
    tracker.conntrack.deleteZoneLimit(7);
    tracker.conntrack.setZoneLimit(undefined, 0);
    expect(admitted(7)).toBe(3);
    expect(tracker.conntrack.zoneLimits()).toEqual({ default: 0, zones: [] });
  });

  it("make room again when connections go", () => {
    tracker.conntrack.setZoneLimit(1, 1);
    tracker.track(flow(1), { zone: 1, commit: true });
    tracker.conntrack.flush({ zone: 1 });
    expect(tracker.state(flow(2), { zone: 1, commit: true })).toBe("+new+trk");
  });
});

describe("expiry", () => {
  it("sweeps what nobody looks at any more, and counts it", () => {
    for (let number = 0; number < 100; number++) tracker.track(flow(number), { commit: true });
    tracker.advance(59_000);
    tracker.sweep();
    expect(tracker.conntrack.count()).toBe(100);
    tracker.advance(3_000);
    tracker.sweep();
    expect(tracker.conntrack.count()).toBe(0);
    expect(tracker.counter(COUNTER_CT_EXPIRED)).toBe(100);
    expect(tracker.counter(COUNTER_CT_CREATED)).toBe(100);
    expect(tracker.counter(COUNTER_CT_COUNT)).toBe(0);
  });

  it("never looks at more than its budget in one go, and carries on", () => {
    for (let number = 0; number < 100; number++) tracker.track(flow(number), { commit: true });
    tracker.advance(70_000);
    const left: number[] = [];
    for (let call = 0; call < 40 && tracker.conntrack.count() > 0; call++) {
      tracker.sweep(10);
      left.push(tracker.conntrack.count());
    }
    expect(left.at(-1)).toBe(0);
    left.reduce((before, after) => {
      expect(before - after).toBeLessThanOrEqual(10);
      return after;
    }, 100);
  });

  it("finds a connection that closed early, though it was to live for a day", () => {
    tracker.track(tcp("10.0.0.1:1", "10.0.0.2:2", "S", { seq: 1 }), { commit: true });
    tracker.track(tcp("10.0.0.2:2", "10.0.0.1:1", "SA", { seq: 1, ack: 2 }));
    tracker.track(tcp("10.0.0.1:1", "10.0.0.2:2", "A", { seq: 2, ack: 2 }));
    for (let second = 0; second < 200; second++) {
      tracker.advance(1000);
      tracker.sweep();
    }
    expect(tracker.conntrack.count()).toBe(1);
    tracker.track(tcp("10.0.0.2:2", "10.0.0.1:1", "RA", { seq: 2, ack: 2 }));
    tracker.advance(32_000);
    tracker.sweep();
    expect(tracker.conntrack.count()).toBe(0);
  });

  it("catches up after the clock has jumped by days", () => {
    for (let number = 0; number < 50; number++) tracker.track(flow(number), { commit: true });
    tracker.advance(5 * 86_400_000);
    tracker.sweep();
    expect(tracker.conntrack.count()).toBe(0);
  });

  it("follows the timeout policy of the commit", () => {
    tracker.conntrack.setTimeoutPolicy(5, { otherFirst: 2, otherBidirectional: 100 });
    tracker.track(flow(1), { commit: true, policy: 5 });
    tracker.track(flow(2), { commit: true, policy: 5 });
    tracker.track(udp("10.9.0.1:53", "10.0.0.2:1000"));
    tracker.track(flow(3), { commit: true });
    expect([...tracker.conntrack.connections()].map(({ timeout }) => timeout).sort((a, b) => a - b)).toEqual([
      2, 60, 100,
    ]);
    tracker.advance(2_000);
    expect([...tracker.conntrack.connections()]).toHaveLength(2);
  });
});

describe("flushing", () => {
  beforeEach(() => {
    for (const zone of [0, 1, 1, 2]) tracker.track(flow(zone), { zone, commit: true });
    tracker.track(flow(9), { zone: 1, commit: true });
    tracker.track(echo("10.0.0.1", "10.0.0.2", "request", 77), { zone: 2, commit: true });
  });
  const zones = () => [...tracker.conntrack.connections()].map(({ zone }) => zone).sort();

  it("takes everything", () => {
    tracker.conntrack.flush();
    expect(zones()).toEqual([]);
  });

  it("takes a zone", () => {
    tracker.conntrack.flush({ zone: 1 });
    expect(zones()).toEqual([0, 2, 2]);
    expect([...tracker.conntrack.connections(2)]).toHaveLength(2);
  });

  it("takes one connection by either of its tuples", () => {
    const [first] = [...tracker.conntrack.connections(1)];
    tracker.conntrack.flush({ zone: 1, tuple: first.reply });
    expect(zones()).toEqual([0, 1, 2, 2]);
    tracker.conntrack.flush({
      zone: 1,
      tuple: {
        protocol: 17,
        source: end("10.0.0.9").address,
        destination: end("10.9.0.1").address,
        sourcePort: 1000,
        destinationPort: 53,
      },
    });
    expect(zones()).toEqual([0, 2, 2]);
  });

  it("takes an echo by its identifier", () => {
    const original = [...tracker.conntrack.connections(2)].find(
      (connection) => connection.original.protocol === 1,
    )!.original;
    tracker.conntrack.flush({ zone: 2, tuple: { ...original, icmpId: 78 } });
    expect(zones()).toHaveLength(5);
    tracker.conntrack.flush({ zone: 2, tuple: original });
    expect(zones()).toHaveLength(4);
  });
});

describe("a process that maps the region again", () => {
  it("carries on with its predecessor's connections", () => {
    tracker.track(flow(1), { commit: true, mark: [5, 0xffffffff] });
    tracker.conntrack.setMaxConnections(1234);
    tracker.fastPath.call.initialize();
    expect(tracker.track(udp("10.9.0.1:53", "10.0.0.1:1000"))).toMatchObject({ state: "+est+rpl+trk", mark: 5 });
    expect(tracker.conntrack.count()).toBe(1);
  });
});
