import { beforeEach, describe, expect, it } from "vitest";
import { CT_STATE_TRACKED, KEY_CT_STATE, KEY_DP_HASH, KEY_NW_SRC } from "../../assembly/layout/key.ts";
import { RECIRC_LIMIT } from "../../assembly/layout/limits.ts";
import { VNET_F_NEEDS_CSUM, VNET_GSO_TCPV4 } from "../../assembly/layout/packet.ts";
import type { DatapathAction, SelectBucket } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { selectSlots } from "../../src/fastpath/select-slots.ts";
import { bytesOf, concat } from "../model/frames.ts";
import { fromPort, tcpFrame, udpFrame, word } from "./match.ts";

const output = (port: number): DatapathAction => ({ type: "output", port });
const ethernetSource = (last: number): DatapathAction => ({
  type: "set",
  target: "ethernet",
  value: bytesOf(`000000000000 0200000000${last.toString(16).padStart(2, "0")}`),
  mask: bytesOf("000000000000 ffffffffffff"),
});

describe("action programs on real frames", () => {
  let datapath: LocalDatapath;
  beforeEach(() => {
    datapath = new LocalDatapath({ seed: 1 });
    for (let port = 1; port <= 4; port++) datapath.addTestPort(`p${port}`, port);
  });

  function install(actions: readonly DatapathAction[], recirculation = 0): void {
    const { key, mask } = fromPort(1, recirculation);
    datapath.putFlow(key, mask, actions);
  }

  /** Sends frames into port 1. */
  function send(...frames: Uint8Array[]): void {
    for (const frame of frames) datapath.inject(1, frame);
    datapath.run();
  }

  const sent = (port: number) => datapath.takeTransmitted(port).map((frame) => frame.bytes);
  const drops = (reason: string) => Number(datapath.counters().drops.get(reason));

  it("output a frame as it came, in order", () => {
    install([output(2)]);
    const frames = Array.from({ length: 200 }, (_, i) => tcpFrame(1000 + i));
    send(...frames);
    expect(sent(2)).toEqual(frames);
    expect(datapath.counters().cloned).toBe(0n);
  });

  it("output to several ports, each its own state of the packet", () => {
    install([output(2), ethernetSource(0x77), output(3), ethernetSource(0x88), output(4)]);
    const frame = tcpFrame();
    send(frame);
    expect(sent(2)).toEqual([frame]);
    expect(sent(3)[0].slice(6, 12)).toEqual(bytesOf("020000000077"));
    expect(sent(4)[0].slice(6, 12)).toEqual(bytesOf("020000000088"));
    expect(datapath.counters().cloned).toBe(2n);
  });

  it("drop when there is nothing to do", () => {
    install([]);
    send(tcpFrame());
    expect(drops("action")).toBe(1);
  });

  it("count an original whose clones went out as spent, not as dropped", () => {
    install([output(2), ethernetSource(1)]);
    send(tcpFrame());
    expect(sent(2)).toHaveLength(1);
    expect([datapath.counters().spent, drops("action")]).toEqual([1n, 0]);
  });

  it("drop with the reason given", () => {
    install([{ type: "drop", reason: 16 }]);
    send(tcpFrame());
    expect(drops("no_bucket")).toBe(1);
  });

  it("drop what goes to a port that is not there, or is down", () => {
    install([output(9), output(3)]);
    datapath.setPortUp(3, false);
    send(tcpFrame());
    expect([drops("no_port"), drops("port_down")]).toEqual([1, 1]);
  });

  it("clone: edits inside are not seen outside", () => {
    install([{ type: "clone", actions: [ethernetSource(0x77), output(2)] }, output(3)]);
    const frame = tcpFrame();
    send(frame);
    expect(sent(2)[0].slice(6, 12)).toEqual(bytesOf("020000000077"));
    expect(sent(3)).toEqual([frame]);
  });

  it("clone at the end needs no clone", () => {
    install([{ type: "clone", actions: [{ type: "clone", actions: [output(2)] }] }]);
    send(tcpFrame());
    expect(sent(2)).toHaveLength(1);
    expect(datapath.counters().cloned).toBe(0n);
  });

  it("truncate the next output only", () => {
    install([{ type: "trunc", length: 20 }, output(2), output(3)]);
    const frame = tcpFrame();
    send(frame);
    expect(sent(2)).toEqual([frame.slice(0, 20)]);
    expect(sent(3)).toEqual([frame]);
  });

  it("sample none with probability 0, all with 2^32-1, and about a share in between", () => {
    const sample = (probability: number, port: number): DatapathAction => ({
      type: "sample",
      probability,
      actions: [output(port)],
    });
    install([sample(0, 2), sample(0xffff_ffff, 3), sample(2 ** 30, 4)]);
    send(...Array.from({ length: 2000 }, () => tcpFrame()));
    expect(sent(2)).toHaveLength(0);
    expect(sent(3)).toHaveLength(2000);
    expect(Math.abs(sent(4).length - 500)).toBeLessThan(100);
  });

  it("check_pkt_len: longer one way, not longer the other", () => {
    install([{ type: "check_pkt_len", length: 100, greater: [output(2)], lessOrEqual: [output(3)] }]);
    const short = udpFrame(1, 2, new Uint8Array(58));
    const long = udpFrame(1, 2, new Uint8Array(59));
    send(short, long);
    expect(sent(2)).toEqual([long]);
    expect(sent(3)).toEqual([short]);
  });

  it("check_pkt_len looks at the segments of a super-packet, not at its whole", () => {
    install([{ type: "check_pkt_len", length: 1514, greater: [output(2)], lessOrEqual: [output(3)] }]);
    const vnet = bytesOf(`0${VNET_F_NEEDS_CSUM}0${VNET_GSO_TCPV4} 3600 b405 2200 1000`); // 1460-byte segments
    datapath.inject(1, tcpFrame(1, 2, new Uint8Array(9000)), vnet);
    datapath.run();
    expect([sent(2).length, sent(3).length]).toEqual([0, 1]);
  });

  it("push and pop VLAN tags, and recirculate on what the packet has become", () => {
    install([
      { type: "push_vlan", tpid: 0x8100, tci: 0x1007 },
      { type: "recirc", id: 5 },
    ]);
    install([output(2), { type: "pop_vlan" }, output(3)], 5);
    const frame = tcpFrame();
    send(frame);
    expect(sent(2)[0]).toEqual(concat(frame.slice(0, 12), bytesOf("81000007"), frame.slice(12)));
    expect(sent(3)).toEqual([frame]);
  });

  it("hash and recirculate: one megaflow for each value", () => {
    install([
      { type: "hash", algorithm: "l4", basis: 0 },
      { type: "recirc", id: 1 },
    ]);
    for (let value = 0; value < 4; value++) {
      const { key, mask } = fromPort(1, 1, { offset: KEY_DP_HASH, bytes: word(value), mask: word(3) });
      datapath.putFlow(key, mask, [output(1 + value)]);
    }
    send(...Array.from({ length: 400 }, (_, i) => tcpFrame(2000 + i)));
    const counts = [1, 2, 3, 4].map((port) => sent(port).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(400);
    for (const count of counts) expect(count).toBeGreaterThan(60);
  });

  describe("select", () => {
    const bucket = (id: number, weight: number, actions: DatapathAction[], counters = 0): SelectBucket => ({
      id,
      weight,
      alive: true,
      actions,
      counters,
    });
    const dpHash = { kind: "dp_hash" as const, basis: 0, algorithm: "l4" as const };

    it("leads a packet where hash and recirculation would", () => {
      const buckets = [bucket(0, 1, [output(2)]), bucket(1, 2, [output(3)]), bucket(2, 1, [output(4)])];
      install([{ type: "select", method: dpHash, buckets }]);
      const frames = Array.from({ length: 300 }, (_, i) => tcpFrame(3000 + i));
      send(...frames);
      const bySelect = [2, 3, 4].map((port) => sent(port));

      const other = new LocalDatapath({ seed: 2 });
      for (let port = 1; port <= 4; port++) other.addTestPort(`p${port}`, port);
      const first = fromPort(1);
      other.putFlow(first.key, first.mask, [
        { type: "hash", algorithm: "l4", basis: 0 },
        { type: "recirc", id: 1 },
      ]);
      selectSlots(buckets)!.forEach((index, slot) => {
        const { key, mask } = fromPort(1, 1, { offset: KEY_DP_HASH, bytes: word(slot), mask: word(15) });
        other.putFlow(key, mask, buckets[index].actions);
      });
      for (const frame of frames) other.inject(1, frame);
      other.run();
      expect([2, 3, 4].map((port) => other.takeTransmitted(port).map((frame) => frame.bytes))).toEqual(bySelect);
    });

    it("by fields sends what is alike in them to one bucket", () => {
      const buckets = [bucket(0, 100, [output(2)]), bucket(1, 100, [output(3)]), bucket(2, 100, [output(4)])];
      const fields = [{ keyOffset: KEY_NW_SRC, mask: Uint8Array.of(255, 255, 255, 255) }];
      install([{ type: "select", method: { kind: "fields", param: 0n, fields }, buckets }]);
      send(...Array.from({ length: 50 }, (_, i) => tcpFrame(3000 + i)));
      expect([2, 3, 4].map((port) => sent(port).length).toSorted((a, b) => a - b)).toEqual([0, 0, 50]);
    });

    it("counts each bucket's packets and bytes", () => {
      const counters = datapath.allocateBucketCounters();
      install([{ type: "select", method: dpHash, buckets: [bucket(0, 1, [output(2)], counters)] }]);
      send(udpFrame(), udpFrame());
      expect(datapath.bucketCounters(counters)).toEqual({ packets: 2n, bytes: 120n, connections: 0n });
    });

    it("edits the packet itself when it is last, and a clone when something follows", () => {
      const edited = [bucket(0, 1, [ethernetSource(0x77), output(2)])];
      install([{ type: "select", method: dpHash, buckets: edited }, output(3)]);
      const frame = tcpFrame();
      send(frame);
      expect(sent(2)[0].slice(6, 12)).toEqual(bytesOf("020000000077"));
      expect(sent(3)).toEqual([frame]);
      expect(datapath.counters().cloned).toBe(1n);
    });

    it("without a live bucket drops with its reason", () => {
      install([{ type: "select", method: dpHash, buckets: [{ ...bucket(0, 1, [output(2)]), alive: false }] }]);
      send(tcpFrame());
      expect(drops("no_bucket")).toBe(1);
    });
  });

  describe("recirculation", () => {
    it("ends after its limit, with a reason", () => {
      install([{ type: "recirc", id: 7 }]);
      install([{ type: "recirc", id: 7 }], 7);
      send(tcpFrame());
      expect(drops("recirculation_depth")).toBe(1);
      expect(datapath.counters().recirculated).toBe(BigInt(RECIRC_LIMIT));
    });

    it("reaches its limit", () => {
      for (let pass = 0; pass < RECIRC_LIMIT; pass++) install([{ type: "recirc", id: pass + 1 }], pass);
      install([output(2)], RECIRC_LIMIT);
      send(tcpFrame());
      expect(sent(2)).toHaveLength(1);
    });

    it("of a packet and its clone runs both, and never more than there are records", () => {
      const twice: DatapathAction[] = [
        { type: "recirc", id: 1 },
        { type: "recirc", id: 1 },
      ];
      install(twice);
      install(twice, 1);
      send(...Array.from({ length: 64 }, () => tcpFrame()));
      const { cloned } = datapath.counters();
      expect(drops("recirculation_depth") + drops("no_buffer")).toBe(64 + Number(cloned));
    });

    it("keeps the order of a flow's packets", () => {
      install([{ type: "recirc", id: 1 }]);
      install([output(2)], 1);
      const frames = Array.from({ length: 64 }, (_, i) => tcpFrame(5000 + i));
      send(...frames);
      expect(sent(2)).toEqual(frames);
    });
  });

  it("conntrack: a packet comes back from it with its state in the key", () => {
    install([
      { type: "ct", zone: 3, commit: true },
      { type: "recirc", id: 1 },
    ]);
    const untracked = fromPort(1, 1, { offset: KEY_CT_STATE, bytes: [0, 0], mask: [0, CT_STATE_TRACKED] });
    datapath.putFlow(untracked.key, untracked.mask, [output(3)]);
    const tracked = fromPort(1, 1, { offset: KEY_CT_STATE, bytes: [0, CT_STATE_TRACKED], mask: [0, CT_STATE_TRACKED] });
    datapath.putFlow(tracked.key, tracked.mask, [output(2)]);
    send(udpFrame(1000, 2000));
    expect([sent(2).length, sent(3).length]).toEqual([1, 0]);
    expect(datapath.counters().connections).toBe(1n);
  });

  it("keep statistics of a flow", () => {
    const { key, mask } = fromPort(1);
    const flow = datapath.putFlow(key, mask, [output(2)]);
    expect(datapath.flowStatistics(flow)).toEqual({ packets: 0n, bytes: 0n, used: 0, tcpFlags: 0, offloads: 0 });
    send(tcpFrame(), tcpFrame());
    expect(datapath.flowStatistics(flow)).toEqual({
      packets: 2n,
      bytes: BigInt(2 * tcpFrame().length),
      used: datapath.now,
      tcpFlags: 0x10,
      offloads: 0,
    });
  });

  it("are replaced and removed without a trace of the old ones in the cache", () => {
    const { key, mask } = fromPort(1);
    const flow = datapath.putFlow(key, mask, [output(2)]);
    send(tcpFrame(), tcpFrame());
    datapath.replaceActions(flow, [output(3)]);
    send(tcpFrame());
    datapath.removeFlow(flow);
    send(tcpFrame());
    expect([sent(2).length, sent(3).length]).toEqual([2, 1]);
    expect(datapath.takeUpcalls().map((upcall) => upcall.reason)).toEqual(["miss"]);
  });
});
