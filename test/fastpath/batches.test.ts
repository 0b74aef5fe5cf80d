/** A batch is worked on in stages, four packets at a time, bursts of one connection as one: what comes out must not show it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY_IPV6_SRC, KEY_NW_PROTO, KEY_NW_SRC, KEY_NW_TTL, KEY_TP_SRC } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import type { DatapathAction, SelectAction, SelectBucket } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { ethernet, ipv4, ipv4Address, ipv6, ipv6Address, tcp, udp } from "../model/frames.ts";
import { fromPort } from "./match.ts";

const output = (port: number): DatapathAction => ({ type: "output", port });
const PORTS = [2, 3, 4, 5];

interface Sender {
  readonly family: "ipv4" | "ipv6";
  readonly protocol: "tcp" | "udp" | "other";
  readonly host: number;
  readonly port: number;
  readonly ttl: number;
}

function frameOf({ family, protocol, host, port, ttl }: Sender, payload: number): Uint8Array {
  const data = Uint8Array.of(payload >> 8, payload & 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  if (family === "ipv6") {
    const addresses = {
      source: ipv6Address(`fd00:0:0:0:0:0:0:${host}`),
      destination: ipv6Address("fd00:0:0:0:0:0:1:1"),
    };
    const l4 =
      protocol === "tcp" ? tcp(addresses, { source: port, destination: 80 }, data) : udp(addresses, port, 53, data);
    return ethernet(0x86dd, ipv6({ ...addresses, ttl }, protocol === "tcp" ? 6 : 17, l4));
  }
  const addresses = { source: ipv4Address(`10.0.0.${host}`), destination: ipv4Address("10.0.1.1") };
  if (protocol === "other") return ethernet(0x0800, ipv4({ ...addresses, ttl }, 47, data));
  const l4 =
    protocol === "tcp" ? tcp(addresses, { source: port, destination: 80 }, data) : udp(addresses, port, 53, data);
  return ethernet(0x0800, ipv4({ ...addresses, ttl }, protocol === "tcp" ? 6 : 17, l4));
}

const senders: fc.Arbitrary<Sender> = fc.record({
  family: fc.constantFrom("ipv4", "ipv4", "ipv4", "ipv6"),
  protocol: fc.constantFrom("tcp", "tcp", "udp", "other"),
  host: fc.integer({ min: 1, max: 4 }),
  port: fc.integer({ min: 1, max: 4 }),
  ttl: fc.constantFrom(64, 64, 63),
});
/** Bursts of senders, as long as they like. */
const traffic = fc
  .array(fc.tuple(senders, fc.integer({ min: 1, max: 12 })), { minLength: 1, maxLength: 20 })
  .map((bursts) => bursts.flatMap(([sender, packets]) => Array<Sender>(packets).fill(sender)))
  .map((packets) => packets.map((sender, i) => frameOf(sender, i)));

const buckets = (actions: (port: number) => DatapathAction[]): SelectBucket[] =>
  PORTS.map((port, id) => ({ id, weight: 50 + 30 * id, alive: id !== 1, actions: actions(port), counters: 0 }));
const field = (keyOffset: number, bytes: number) => ({ keyOffset, mask: new Uint8Array(bytes).fill(0xff) });
const methods: SelectAction["method"][] = [
  { kind: "dp_hash", basis: 0, algorithm: "l4" },
  { kind: "dp_hash", basis: 77, algorithm: "sym_l4" },
  { kind: "fields", param: 5n, fields: [field(KEY_NW_SRC, 4), field(KEY_TP_SRC, 2)] },
  { kind: "fields", param: 0n, fields: [field(KEY_IPV6_SRC, 16), field(KEY_NW_PROTO, 1), field(KEY_TP_SRC, 3)] },
];

/** Puts megaflows; `counters` are those of a group's buckets. */
type Install = (datapath: LocalDatapath, counters: readonly number[]) => MegaflowHandle[];

/** What leaves each port, and what each flow and each bucket counts. */
function play(frames: readonly Uint8Array[], install: Install, together: boolean) {
  const datapath = new LocalDatapath({ seed: 5 });
  for (const port of [1, ...PORTS]) datapath.addTestPort(`p${port}`, port);
  const counters = PORTS.map(() => datapath.allocateBucketCounters());
  const flows = install(datapath, counters);
  datapath.run();
  for (const frame of frames) {
    datapath.inject(1, frame);
    if (!together) datapath.run();
  }
  datapath.run();
  const { drops, upcalls, packets, recirculated } = datapath.counters();
  const sent = PORTS.map((port) =>
    datapath.takeTransmitted(port).map(({ bytes }) => Buffer.from(bytes).toString("hex")),
  );
  const counted = flows.map((flow) => datapath.flowStatistics(flow));
  const chosen = counters.map((address) => datapath.bucketCounters(address));
  return { sent, drops, upcalls, packets, recirculated, counted, chosen };
}

/** The actions, with these counters in their groups' buckets. */
function countedBy(counters: readonly number[], actions: readonly DatapathAction[]): DatapathAction[] {
  return actions.map((action) =>
    action.type === "select"
      ? { ...action, buckets: action.buckets.map((bucket, i) => ({ ...bucket, counters: counters[i] })) }
      : action,
  );
}

const recirculating: DatapathAction[] = [
  { type: "hash", algorithm: "l4", basis: 3 },
  { type: "recirc", id: 1 },
];

/** `behind` is what packets meet after a recirculation. */
function expectAlike(actions: readonly DatapathAction[], behind: readonly DatapathAction[] = []): void {
  const install: Install = (datapath, counters) =>
    [actions, behind].map((each, pass) => {
      const { key, mask } = fromPort(1, pass);
      return datapath.putFlow(key, mask, countedBy(counters, each));
    });
  fc.assert(
    fc.property(traffic, (frames) => {
      expect(play(frames, install, true)).toEqual(play(frames, install, false));
    }),
    { numRuns: 25 },
  );
}

it("a burst does not follow the cache to a megaflow that is gone", () => {
  const datapath = new LocalDatapath({ seed: 5 });
  for (const port of [1, 2, 3]) datapath.addTestPort(`p${port}`, port);
  const frame = frameOf({ family: "ipv4", protocol: "tcp", host: 1, port: 1, ttl: 64 }, 0);
  const { key, mask } = fromPort(1);
  const burst = () => {
    for (let i = 0; i < 4; i++) datapath.inject(1, frame);
    datapath.run();
    return [2, 3].map((port) => datapath.takeTransmitted(port).length);
  };
  const first = datapath.putFlow(key, mask, [output(2)]);
  datapath.run();
  expect([burst(), burst()]).toEqual([
    [4, 0],
    [4, 0],
  ]);
  datapath.removeFlow(first);
  datapath.run();
  expect(burst()).toEqual([0, 0]);
  expect(datapath.counters().upcalls).toBe(4n);
  datapath.putFlow(key, mask, [output(3)]);
  datapath.run();
  expect([burst(), burst()]).toEqual([
    [0, 4],
    [0, 4],
  ]);
});

describe("a batch does to its packets what each alone would meet", () => {
  it.each(methods)("in a select group, by $kind $algorithm", (method) => {
    expectAlike([{ type: "select", method, buckets: buckets((port) => [output(port)]) }]);
  });

  it("in a select group whose buckets recirculate into another one", () => {
    const inner: DatapathAction = { type: "select", method: methods[0], buckets: buckets((port) => [output(port)]) };
    expectAlike([{ type: "select", method: methods[2], buckets: buckets(() => [{ type: "recirc", id: 1 }]) }], [inner]);
  });

  it("in a select group behind a hash and a recirculation", () => {
    expectAlike(recirculating, [{ type: "select", method: methods[0], buckets: buckets((port) => [output(port)]) }]);
  });

  it("in a select group, where packets look alike only since they were edited", () => {
    const edit: DatapathAction = {
      type: "set",
      target: "ipv4",
      value: Uint8Array.of(10, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0),
      mask: Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0),
    };
    expectAlike(
      [edit, { type: "recirc", id: 1 }],
      [{ type: "select", method: methods[0], buckets: buckets((port) => [output(port)]) }],
    );
  });

  it("in a select group, some of whose buckets do more than output", () => {
    const actions = (port: number): DatapathAction[] =>
      port % 2 === 0 ? [output(port)] : [{ type: "push_vlan", tpid: 0x8100, tci: 0x1000 | port }, output(port)];
    expectAlike([{ type: "select", method: methods[0], buckets: buckets(actions) }]);
  });

  it("by megaflows that look at the TTL, which may change within a connection", () => {
    const install: Install = (datapath) =>
      [
        [64, 2],
        [63, 3],
      ].map(([ttl, port]) => {
        const { key, mask } = fromPort(1, 0, { offset: KEY_NW_TTL, bytes: [ttl] });
        return datapath.putFlow(key, mask, [output(port)]);
      });
    fc.assert(
      fc.property(traffic, (frames) => {
        const { sent, counted } = play(frames, install, true);
        const alone = play(frames, install, false);
        expect({ sent, counted }).toEqual({ sent: alone.sent, counted: alone.counted });
        expect(sent[0].length + sent[1].length).toBe(frames.length);
      }),
      { numRuns: 25 },
    );
  });

  it("by megaflows that look at the TTL, when the cache takes a whole row for packets of one of them", () => {
    const datapath = new LocalDatapath({ seed: 5 });
    for (const port of [1, 2, 3]) datapath.addTestPort(`p${port}`, port);
    for (const [ttl, port] of [
      [64, 2],
      [63, 3],
    ]) {
      const { key, mask } = fromPort(1, 0, { offset: KEY_NW_TTL, bytes: [ttl] });
      datapath.putFlow(key, mask, [output(port)]);
    }
    const frame = (host: number, ttl: number) =>
      frameOf({ family: "ipv4", protocol: "tcp", host, port: 1000, ttl }, 10);
    const sent = (port: number) => datapath.takeTransmitted(port).map(({ bytes }) => Buffer.from(bytes));
    const known = [1, 2, 3, 4].map((host) => frame(host, 64));
    for (const each of known) datapath.inject(1, each);
    datapath.run();
    sent(2);
    for (const each of [...known, frame(4, 63), frame(3, 63), ...known]) datapath.inject(1, each);
    datapath.run();
    expect(sent(2)).toEqual([...known, ...known].map((each) => Buffer.from(each)));
    expect(sent(3)).toEqual([frame(4, 63), frame(3, 63)].map((each) => Buffer.from(each)));
  });

  it("by conntrack", () => {
    expectAlike(
      [
        { type: "ct", zone: 1, commit: true },
        { type: "recirc", id: 1 },
      ],
      [output(2)],
    );
  });
});
