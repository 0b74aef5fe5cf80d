/**
 * Random pipelines, packets, changes and time: whatever the kernel forwards is what the fast path would have made of the same packet at
 * that moment, and nothing outlives what it depended on.
 *
 * What may differ, and so is kept out: bad checksums, and segments outside their windows (sequence checking is off here;
 *   connections.test.ts has it on). Times of expiry may be late by a counting, so time never stops that near to one.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  CT_STATE_ESTABLISHED as EST,
  CT_STATE_INVALID as INV,
  CT_STATE_NEW as NEW,
  CT_STATE_REPLY as RPL,
} from "../../assembly/layout/key.ts";
import { connectionText } from "../../src/fastpath/conntrack-text.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { tcp, udp } from "../conntrack/text.ts";
import { fromPort, type Match } from "../fastpath/match.ts";
import { bits, ct, ctMark, ctState, nat, output, recirc, setEthernet, setIpv4, setPorts } from "./actions.ts";
import { OffloadSwitch, PORTS, type TwinFlow } from "./offload-switch.ts";

const IN_PORTS = [1, 2];
const LAST_PASS = 2;
const STATES = NEW | EST | RPL | INV;

/** Disjoint matches of every pass: in later ones by port, ct_state and the lowest bits of ct_mark. */
const MATCHES: readonly { readonly pass: number; readonly port: number; readonly match: Match }[] = IN_PORTS.flatMap(
  (port) => [
    { pass: 0, port, match: fromPort(port) },
    ...[1, LAST_PASS].flatMap((pass) =>
      [0, NEW, EST, EST | RPL, INV].flatMap((state) =>
        [0, 5].map((mark) => ({ pass, port, match: fromPort(port, pass, ctState(state, STATES), ctMark(mark)) })),
      ),
    ),
  ],
);
// Packets that never were tracked have no +trk: a match of their own.
const UNTRACKED = IN_PORTS.flatMap((port) =>
  [1, LAST_PASS].map((pass) => {
    const { key, mask } = fromPort(port, pass, ctState(0, 0));
    key.fill(0, 16, 18);
    return { pass, port, match: { key, mask } };
  }),
);
const PLACES = [...MATCHES, ...UNTRACKED];

const edit: fc.Arbitrary<DatapathAction> = fc.constantFrom(
  setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02"),
  setEthernet(undefined, "02 00 00 00 01 03"),
  setIpv4({ ttl: 63 }),
  setIpv4({ ttl: 9, src: "172.16.0.1" }),
  setIpv4({ dst: "172.16.0.2" }),
  setPorts(7, undefined),
  setPorts(undefined, 8),
  { type: "ct_clear" as const },
  { type: "hash" as const, algorithm: "l4" as const, basis: 1 },
);
const track: fc.Arbitrary<DatapathAction> = fc
  .record({
    zone: fc.constantFrom(7, 7, 7, 8),
    commit: fc.boolean(),
    force: fc.constantFrom(false, false, false, false, true),
    mark: fc.constantFrom(undefined, undefined, bits(0), bits(5)),
    label: fc.constantFrom(undefined, undefined, bits(3, 16)),
    nat: fc.constantFrom(undefined, nat(""), nat(""), nat("dst=10.0.0.2:80"), nat("src=10.0.0.77")),
    helper: fc.constantFrom(undefined, undefined, undefined, undefined, "ftp" as const),
  })
  // Marks and translations are for commits.
  .map(({ commit, mark, label, nat: translation, force, ...rest }) =>
    commit
      ? ct({ commit, mark, label, nat: translation, force, ...rest })
      : ct({ nat: translation?.type === undefined ? translation : undefined, ...rest, helper: undefined }),
  );
/** What the kernel cannot do. */
const odd: fc.Arbitrary<DatapathAction> = fc.constantFrom(
  output(3),
  { type: "clone" as const, actions: [setIpv4({ ttl: 2 }), output(4)] },
  { type: "trunc" as const, length: 70 },
  { type: "push_vlan" as const, tpid: 0x8100, tci: 0x1005 },
  setIpv4({ tos: 8 }),
);

/** Programs of a pass: more often such as the kernel can do. */
function program(pass: number): fc.Arbitrary<DatapathAction[]> {
  const end = fc.constantFrom(
    ...[2, 2, 3, 1].map(output),
    ...(pass === LAST_PASS ? [] : [1, 2, 2, 2].map(() => recirc(pass + 1))),
  );
  const middle = fc.oneof(
    { weight: 6, arbitrary: track },
    { weight: 6, arbitrary: edit },
    { weight: 1, arbitrary: odd },
  );
  return fc
    .tuple(fc.array(middle, { maxLength: 3 }), fc.option(end, { freq: 12 }))
    .map(([actions, last]) => (last === null ? actions : [...actions, last]));
}

/** OVN's kind, so that connections live: track, recirculate; commit what is new; out. */
function sane(pass: number, port: number): DatapathAction[] {
  if (pass === 0) return [ct({ nat: nat("") }), recirc(1)];
  if (pass === 1) return port === 1 ? [ct({ commit: true, nat: nat("") }), recirc(2)] : [recirc(2)];
  return [setIpv4({ ttl: 63 }), output(3 - port)];
}

interface Packet {
  readonly port: number;
  readonly frame: Uint8Array;
}

const packet: fc.Arbitrary<Packet> = fc
  .record({
    port: fc.constantFrom(...IN_PORTS),
    udp: fc.boolean(),
    client: fc.constantFrom("10.0.0.1:1000", "10.0.0.1:1000", "10.0.0.1:1001"),
    server: fc.constantFrom("10.0.0.2:80", "10.0.0.2:80", "10.0.0.9:80"),
    flags: fc.constantFrom("A", "A", "A", "PA", "A", "S", "SA", "FA", "R"),
    bytes: fc.nat(60),
    seq: fc.constantFrom(1000, 1000, 5000, 90_000),
  })
  .map(({ port, udp: isUdp, client, server, flags, bytes, seq }) => {
    const [from, to] = port === 1 ? [client, server] : [server, client];
    const frame = isUdp
      ? udp(from, to, new Uint8Array(12 + bytes).fill(bytes))
      : tcp(from, to, flags, { seq, ack: 1000, data: new Uint8Array(bytes).fill(bytes) });
    return { port, frame };
  });

type Step =
  | { readonly kind: "send"; readonly packets: readonly Packet[]; readonly times: number }
  | { readonly kind: "batch"; readonly packets: readonly Packet[] }
  | { readonly kind: "replace" | "reinstall"; readonly place: number; readonly actions: readonly DatapathAction[][] }
  | { readonly kind: "reinstall many"; readonly actions: readonly DatapathAction[][] }
  | { readonly kind: "flush"; readonly zone: number | undefined }
  | { readonly kind: "pass"; readonly milliseconds: number }
  | { readonly kind: "port"; readonly port: number }
  | { readonly kind: "withdraw" };

const programs = fc.tuple(program(0), program(1), program(LAST_PASS)).map((all) => all);
const place = fc.nat(PLACES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      packets: fc.array(packet, { minLength: 1, maxLength: 6 }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("batch" as const), packets: fc.array(packet, { maxLength: 10 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("replace" as const, "reinstall" as const), place, actions: programs }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reinstall many" as const), actions: programs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const), zone: fc.constantFrom(undefined, 7, 8) }) },
  // 30, 45, 60, 90 s and more are timeouts: see above.
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), milliseconds: fc.constantFrom(300, 7000, 200_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("port" as const), port: fc.constantFrom(2, 3) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "withdraw" as const }) },
);

const net = new OffloadSwitch();

/** How packets went, over all runs: a test in which none goes by the kernel shows nothing. */
const went = { kernel: 0, switch: 0 };

class Play {
  readonly flows: TwinFlow[];
  readonly #passes = { short: 0, long: 0 };

  constructor(seeds: readonly (readonly DatapathAction[] | undefined)[]) {
    net.reset();
    net.both(({ conntrack }) => conntrack.setTcpSequenceChecking(false));
    this.flows = PLACES.map(({ pass, port, match }, i) => net.put(match, seeds[i] ?? sane(pass, port)));
    net.run();
  }

  act(step: Step): void {
    switch (step.kind) {
      case "send":
        for (let i = 0; i < step.times; i++) for (const { port, frame } of step.packets) this.#send(port, frame);
        break;
      case "batch":
        for (const port of IN_PORTS) {
          net.sendBatch(
            port,
            step.packets.filter((packet) => packet.port === port).map(({ frame }) => frame),
          );
        }
        break;
      case "replace":
        net.replace(this.flows[step.place], step.actions[PLACES[step.place].pass]);
        break;
      case "reinstall":
        net.remove(this.flows[step.place]);
        this.flows[step.place] = net.put(PLACES[step.place].match, step.actions[PLACES[step.place].pass]);
        net.run();
        break;
      case "reinstall many":
        net.remove(...this.flows);
        PLACES.forEach(({ pass, match }, i) => {
          this.flows[i] = net.put(match, i % 3 ? sane(pass, PLACES[i].port) : step.actions[pass]);
        });
        net.run();
        break;
      case "flush":
        net.both(({ conntrack }) => conntrack.flush(step.zone === undefined ? undefined : { zone: step.zone }));
        net.run();
        break;
      case "pass":
        // No sum of them is near a timeout.
        if (step.milliseconds === 300 ? ++this.#passes.short > 5 : ++this.#passes.long > 12) break;
        net.pass(step.milliseconds);
        this.#compareConnections();
        break;
      case "port": {
        const up = !net.datapath.ports().find(({ number }) => number === step.port)!.up;
        net.both((datapath) => datapath.setPortUp(step.port, up));
        net.withdrawAll();
        break;
      }
      case "withdraw":
        net.withdrawAll();
        break;
    }
    expect(net.broken()).toEqual([]);
  }

  /** Everything counted in the end. */
  compareCounts(before: readonly (readonly bigint[])[]): void {
    net.pass(300);
    this.#compareConnections();
    const [own, twin] = counts();
    expect(own.map((value, i) => value - before[0][i])).toEqual(twin.map((value, i) => value - before[1][i]));
    for (const flow of this.flows) {
      const [a, b] = [net.datapath.flowStatistics(flow.own), net.twin.flowStatistics(flow.twin)];
      expect([a.packets, a.bytes]).toEqual([b.packets, b.bytes]);
    }
  }

  #send(port: number, frame: Uint8Array): void {
    const { by, sent, twin } = net.send(port, frame);
    went[by]++;
    expect(sent).toEqual(twin);
  }

  #compareConnections(): void {
    const [own, twin] = net.both(({ conntrack }) =>
      [...conntrack.connections()].map((connection) => connectionText(connection, { more: true })).sort(),
    );
    expect(own).toEqual(twin);
  }
}

function counts(): [bigint[], bigint[]] {
  return net.both((datapath) =>
    PORTS.flatMap((port) => {
      const { rxPackets, rxBytes, txPackets, txBytes } = datapath.portStatistics(port);
      return [rxPackets, rxBytes, txPackets, txBytes];
    }),
  );
}

it("the kernel forwards what the fast path would have, and all is counted", () => {
  const seeds = fc.tuple(...PLACES.map(({ pass }) => fc.option(program(pass), { nil: undefined, freq: 1 })));
  const patience = fc.constantFrom(0, 0, 0, 2);
  fc.assert(
    fc.property(seeds, fc.array(step, { minLength: 5, maxLength: 25 }), patience, (programs, steps, packets) => {
      const play = new Play(programs);
      net.setPatience(packets);
      const before = counts();
      for (const one of steps) play.act(one);
      play.compareCounts(before);
    }),
    { numRuns: Number(process.env.FC_RUNS ?? 150) },
  );
  expect(went.kernel).toBeGreaterThan(went.switch / 20);
}, 3_600_000);
