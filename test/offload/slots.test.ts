/** The life of a slot: what takes flows back, what of their counts reaches whom, and sets that are full. */
import { beforeEach, describe, expect, it } from "vitest";
import { KEY_TP_SRC } from "../../assembly/layout/key.ts";
import { tcp, udp } from "../conntrack/text.ts";
import { fromPort } from "../fastpath/match.ts";
import { output, recirc, setIpv4 } from "./actions.ts";
import { ifindexOf, OffloadSwitch, PORTS, type TwinFlow } from "./offload-switch.ts";

const net = new OffloadSwitch();
beforeEach(() => net.reset());

const datagram = (source: number, bytes = 20): Uint8Array =>
  udp(`10.0.0.1:${source}`, "10.0.0.2:53", new Uint8Array(bytes));
const fromSource = (source: number) => fromPort(1, 0, { offset: KEY_TP_SRC, bytes: [source >> 8, source & 255] });

/** A datagram that goes the same way in both datapaths. */
function by(source: number): string {
  const { by, sent, twin } = net.send(1, datagram(source));
  expect(sent).toEqual(twin);
  return by;
}

/** Two megaflows for each source port, both with the kernel. */
function offload(sources: readonly number[]): { first: TwinFlow; second: TwinFlow }[] {
  const second = net.put(fromPort(1, 1), [output(2)]);
  const flows = sources.map((source) => ({ first: net.put(fromSource(source), [recirc(1)]), second }));
  for (const source of sources) expect([by(source), by(source)]).toEqual(["switch", "kernel"]);
  return flows;
}

describe("a flow is taken back at once", () => {
  it("when its megaflow is removed, and no other flow with it", () => {
    const [flow] = offload([1, 2, 3]);
    net.remove(flow.first);
    expect(net.offloaded).toBe(2);
    expect([by(1), by(2), by(3)]).toEqual(["switch", "kernel", "kernel"]);
    expect(net.broken()).toEqual([]);
  });

  it("when a megaflow that many flows pass is removed", () => {
    const [flow] = offload([1, 2, 3]);
    net.remove(flow.second);
    expect(net.offloaded).toBe(0);
    expect(by(1)).toBe("switch");
  });

  it("when its actions are replaced, and comes again with those", () => {
    const [flow] = offload([1, 2]);
    net.replace(flow.first, [setIpv4({ ttl: 9 }), output(3)]);
    expect([by(1), by(1), by(2)]).toEqual(["switch", "kernel", "kernel"]);
    net.replace(flow.second, [setIpv4({ ttl: 5 }), output(4)]);
    expect([by(1), by(2), by(2)]).toEqual(["kernel", "switch", "kernel"]);
  });

  it("when its actions become such as the kernel cannot do, and when they become such again", () => {
    const [flow] = offload([1]);
    net.replace(flow.first, [output(2), output(3)]);
    expect([by(1), by(1)]).toEqual(["switch", "switch"]);
    net.replace(flow.first, [output(3)]);
    expect([by(1), by(1)]).toEqual(["switch", "kernel"]);
  });

  it("when a megaflow takes the place of another one's record", () => {
    const [flow] = offload([1]);
    net.remove(flow.first);
    net.put(fromSource(1), [output(4)]);
    expect([by(1), by(1)]).toEqual(["switch", "kernel"]);
  });

  it("with all others, when many megaflows change at once", () => {
    const sources = Array.from({ length: 12 }, (_, i) => i + 1);
    const flows = offload(sources);
    net.remove(...flows.slice(0, 10).map(({ first }) => first));
    expect(net.offloaded).toBe(0);
    expect([by(11), by(11), by(12), by(12)]).toEqual(["switch", "kernel", "switch", "kernel"]);
    expect(net.broken()).toEqual([]);
  });

  it("one by one again, after packets have come in between", () => {
    const flows = offload(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const { first } of flows.slice(0, 15)) {
      net.remove(first);
      by(20); // by the kernel
      net.send(1, tcp("10.0.0.1:1", "10.0.0.2:2", "S"));
    }
    expect(net.offloaded).toBe(5);
  });

  it("when the main thread wishes so, a port having changed", () => {
    offload([1, 2]);
    net.both((datapath) => datapath.setPortUp(2, false));
    net.withdrawAll();
    expect(net.offloaded).toBe(0);
    expect(net.send(1, datagram(1))).toMatchObject({ by: "switch", sent: [] });
    net.both((datapath) => datapath.setPortUp(2, true));
    net.withdrawAll();
    expect([by(1), by(1)]).toEqual(["switch", "kernel"]);
  });
});

describe("counts", () => {
  const statistics = () => {
    const [own, twin] = net.both((datapath) => PORTS.map((port) => datapath.portStatistics(port)));
    return { own, twin };
  };
  const flowStatistics = ({ own, twin }: TwinFlow) => ({
    own: net.datapath.flowStatistics(own),
    twin: net.twin.flowStatistics(twin),
  });

  it("of ports and of every megaflow passed are to the last packet what they would be", () => {
    const [flow] = offload([1, 2]);
    for (let i = 0; i < 100; i++) net.send(1, datagram(1 + (i % 2), i));
    net.pass(400);
    expect(statistics().own).toEqual(statistics().twin);
    for (const counted of [flow.first, flow.second].map(flowStatistics)) {
      expect(counted.own).toEqual({ ...counted.twin, used: counted.own.used, offloads: counted.own.offloads });
      expect(counted.own.used - counted.twin.used).toBeGreaterThanOrEqual(0);
      expect(counted.own.used - counted.twin.used).toBeLessThanOrEqual(400);
    }
    expect([flow.first, flow.second].map((one) => flowStatistics(one).own.offloads)).toEqual([1, 2]);
    expect(net.datapath.counters().offloadPackets).toBeGreaterThan(90n);
  });

  it("are passed on when a flow is taken back, whatever for", () => {
    const [flow] = offload([1]);
    for (let i = 0; i < 10; i++) net.send(1, datagram(1));
    net.withdrawAll();
    expect(statistics().own).toEqual(statistics().twin);
    for (let i = 0; i < 10; i++) net.send(1, datagram(1));
    net.replace(flow.first, [output(4)]);
    expect(statistics().own).toEqual(statistics().twin);
    const { own, twin } = flowStatistics(flow.first);
    expect([own.packets, own.bytes]).toEqual([twin.packets, twin.bytes]);
  });

  it("of TCP flags: ACK", () => {
    const flow = net.put(fromPort(1), [output(2)]);
    net.send(1, tcp("10.0.0.1:1", "10.0.0.2:2", "PA"));
    net.send(1, tcp("10.0.0.1:1", "10.0.0.2:2", "A"));
    net.pass(400);
    expect(flowStatistics(flow).own.tcpFlags).toBe(0x18);
  });
});

describe("a quiet flow", () => {
  it("is taken back after five seconds, before its megaflow may be retired", () => {
    offload([1, 2]);
    net.pass(4500);
    expect(by(1)).toBe("kernel");
    expect(net.offloaded).toBe(2);
    net.pass(1000);
    expect(net.offloaded).toBe(1);
    expect(by(2)).toBe("switch");
    net.pass(6000);
    expect(net.offloaded).toBe(0);
  });

  it("one that is not quiet stays for ever", () => {
    offload([1]);
    for (let i = 0; i < 20; i++) {
      net.pass(4000);
      expect(by(1)).toBe("kernel");
    }
  });
});

describe("patience", () => {
  it("keeps flows of a few packets with the switch, and forgets packets of long ago", () => {
    net.put(fromPort(1), [output(2)]);
    net.setPatience(4);
    const ways = (count: number): string[] => Array.from({ length: count }, () => by(4000));
    expect(ways(4)).toEqual(["switch", "switch", "switch", "switch"]);
    expect(net.offloaded).toBe(0);
    expect(ways(3)).toEqual(["switch", "kernel", "kernel"]);
    net.withdrawAll();
    net.pass(60_000);
    expect(ways(4)).toEqual(["switch", "switch", "switch", "switch"]);
    expect(net.offloaded).toBe(0);
  });
});

describe("a connection that comes by several interfaces", () => {
  it("has a slot for each: a set of two would not do", () => {
    const frame = udp("10.0.0.1:5", "10.0.0.2:53", new Uint8Array(20));
    for (const port of [1, 2, 3]) net.put(fromPort(port), [output(4)]);
    const goes = () => [1, 2, 3].map((port) => net.send(port, frame).by);
    expect(goes()).toEqual(["switch", "switch", "switch"]);
    expect(goes()).toEqual(["kernel", "kernel", "kernel"]);
  });
});

describe("a megaflow that goes", () => {
  it("tells of all its packets, those that the kernel forwarded since they were counted last among them", async () => {
    const frame = udp("10.0.0.1:5", "10.0.0.2:53", new Uint8Array(20));
    const flow = net.put(fromPort(1), [output(2)]);
    const ways = [1, 2, 3, 4].map(() => net.send(1, frame).by);
    expect(ways).toEqual(["switch", "kernel", "kernel", "kernel"]);
    expect(await net.take(flow)).toEqual({ packets: 4, bytes: 4 * frame.length });
  });
});

describe("a set of two slots", () => {
  const ask = (last: number, source: number): Uint8Array =>
    udp(`10.0.0.${last}:${source}`, "10.0.0.2:53", new Uint8Array(20));
  /** Last bytes of the address, and source ports, of datagrams that have their slots in one set. */
  const [a, b, c] = (() => {
    const wanted = net.kernel.setOf(ifindexOf(1), ask(1, 1));
    const found: [number, number][] = [];
    const frame = ask(1, 1);
    for (let last = 1; last < 255 && found.length < 3; last++) {
      for (let source = 1; source < 2000; source++) {
        frame.set([last], 29);
        frame.set([source >> 8, source & 255], 34);
        if (net.kernel.setOf(ifindexOf(1), frame) === wanted) found.push([last, source]);
      }
    }
    return found;
  })();
  const goes = (flow: [number, number]): string => net.send(1, ask(...flow)).by;

  it("has no room for a third flow, unless one is quiet", () => {
    net.put(fromPort(1), [output(2)]);
    expect([goes(a), goes(a), goes(b), goes(b)]).toEqual(["switch", "kernel", "switch", "kernel"]);
    const refused = net.datapath.counters().offloadsRefused;
    expect([goes(c), goes(c)]).toEqual(["switch", "switch"]);
    expect(net.datapath.counters().offloadsRefused - refused).toBe(2n);
    for (let i = 0; i < 10; i++) {
      net.pass(900);
      expect([goes(a), goes(b), goes(c)]).toEqual(["kernel", "kernel", "switch"]);
    }
    for (let i = 0; i < 2; i++) {
      net.pass(700);
      expect(goes(a)).toBe("kernel");
    }
    expect([goes(c), goes(c), goes(a), goes(b)]).toEqual(["switch", "kernel", "kernel", "switch"]);
    expect(net.broken()).toEqual([]);
  });
});
