/**
 * The tracker and its model agree: random packets through random ct actions, with time passing. Compared are, after every
 * action, the verdict bits, mark, original tuple and what the packet looks like, and after every packet all connections
 * with their states and seconds left.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Connection, ConnectionTuple } from "../../src/fastpath/datapath.ts";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import {
  ConntrackModel,
  type ModelAction,
  type ModelConnection,
  type ModelPacket,
  type ModelTuple,
} from "../model/conntrack.ts";
import { echo, endText, tcp, udp, unreachable } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

const CLIENTS = ["10.0.0.1", "10.0.0.2"];
const SERVERS = ["10.1.0.1", "10.1.0.2"];
const VIP = "10.9.9.9";
const SNAT = "10.8.8.8";

interface Step {
  readonly advance: number;
  readonly packet: ModelPacket;
  readonly actions: readonly ModelAction[];
}

const port = fc.constantFrom(700, 2000, 2001);
const client = fc.record({ address: fc.constantFrom(...CLIENTS), port });
const server = fc.record({ address: fc.constantFrom(...SERVERS, VIP), port: fc.constantFrom(80, 8080) });
const translatedClient = fc.record({
  address: fc.constantFrom(...CLIENTS, SNAT),
  port: fc.constantFrom(700, 2000, 2001, 3000, 3001),
});
const flags = fc.constantFrom("S", "S", "S", "SA", "SA", "A", "A", "A", "PA", "FA", "FA", "R", "RA", "F", "", "SF");

const tcpPacket: fc.Arbitrary<ModelPacket> = fc
  .record({
    ends: fc.tuple(client, server),
    back: fc.option(fc.tuple(server, translatedClient), { nil: undefined, freq: 2 }),
    flags,
    seq: fc.constantFrom(0, 1, 1, 2, 2, 101, 102, 1500, 60000, 200000),
    ack: fc.constantFrom(0, 1, 1, 2, 2, 101, 102, 1500, 60000, 200000),
    win: fc.constantFrom(0, 1, 1000, 65535),
    length: fc.constantFrom(0, 0, 100),
    scale: fc.constantFrom(undefined, 0, 7, 15),
  })
  .map(({ ends, back, flags, seq, ack, win, length, scale }) => {
    const [source, destination] = back ?? ends;
    const mine = back === undefined ? 0xffff_ff00 : 5000;
    const theirs = back === undefined ? 5000 : 0xffff_ff00;
    return {
      tuple: { protocol: 6, source, destination },
      tcp: {
        flags,
        seq: (mine + seq) >>> 0,
        ack: flags.includes("A") ? (theirs + ack) >>> 0 : 0,
        win,
        length,
        ...(flags.includes("S") && scale !== undefined ? { scale } : {}),
      },
    };
  });

const anyEnds = fc.oneof(fc.tuple(client, server), fc.tuple(server, translatedClient));
const udpTuple: fc.Arbitrary<ModelTuple> = anyEnds.map(([source, destination]) => ({
  protocol: 17,
  source,
  destination,
}));
const icmpTuple: fc.Arbitrary<ModelTuple> = fc
  .tuple(anyEnds, fc.boolean(), fc.constantFrom(1, 2))
  .map(([[source, destination], asks, id]) => ({
    protocol: 1,
    source: { ...source, port: 0 },
    destination: { ...destination, port: 0 },
    icmp: { id, asks },
  }));

/** An error from anywhere about something that may be known. */
const errorPacket: fc.Arbitrary<ModelPacket> = fc
  .tuple(
    fc.oneof(
      udpTuple,
      icmpTuple,
      tcpPacket.map((packet) => packet.tuple),
    ),
    fc.constantFrom("10.7.7.7", ...SERVERS, ...CLIENTS),
  )
  .map(([quoted, reporter]) => ({
    tuple: {
      protocol: 1,
      source: { address: reporter, port: 0 },
      destination: { address: quoted.source.address, port: 0 },
    },
    quoted,
  }));

const packet: fc.Arbitrary<ModelPacket> = fc.oneof(
  { weight: 6, arbitrary: tcpPacket },
  { weight: 2, arbitrary: udpTuple.map((tuple) => ({ tuple })) },
  { weight: 1, arbitrary: icmpTuple.map((tuple) => ({ tuple })) },
  { weight: 1, arbitrary: errorPacket },
);

const nat: fc.Arbitrary<ModelAction["nat"]> = fc.constantFrom(
  {},
  { side: "src" as const },
  { side: "src" as const, address: SNAT },
  { side: "src" as const, address: SNAT, ports: [3000, 3001] as const },
  { side: "dst" as const, address: SERVERS[0] },
  { side: "dst" as const, address: SERVERS[1], ports: [80, 80] as const },
  { side: "dst" as const, ports: [8080, 8080] as const },
);
const action: fc.Arbitrary<ModelAction> = fc.record(
  {
    zone: fc.constantFrom(0, 0, 0, 9),
    commit: fc.boolean(),
    force: fc.constantFrom(false, false, false, true),
    mark: fc.constantFrom([1, 0xffffffff] as const, [0xff00, 0xff00] as const),
    nat,
  },
  { requiredKeys: ["zone"] },
);
const step: fc.Arbitrary<Step> = fc.record({
  advance: fc.constantFrom(0, 0, 0, 0, 500, 20_000, 31_000, 1_000_000),
  packet,
  actions: fc.array(action, { minLength: 1, maxLength: 3 }),
});

const endOf = ({ address, port }: { address: string; port: number }): string => `${address}:${port}`;

function frameOfTuple(tuple: ModelTuple): Uint8Array {
  const from = endOf(tuple.source);
  const to = endOf(tuple.destination);
  if (tuple.icmp !== undefined) return echo(from, to, tuple.icmp.asks ? "request" : "reply", tuple.icmp.id);
  return tuple.protocol === 17 ? udp(from, to) : tcp(from, to, "A");
}

function frameOf(packet: ModelPacket): Uint8Array {
  const from = endOf(packet.tuple.source);
  const to = endOf(packet.tuple.destination);
  if (packet.quoted !== undefined) return unreachable(from, to, frameOfTuple(packet.quoted), 16);
  if (packet.tcp === undefined) return frameOfTuple(packet.tuple);
  return tcp(from, to, packet.tcp.flags, { ...packet.tcp, data: packet.tcp.length });
}

/** Addresses and ports of an IPv4 header and what follows; ports 0 for ICMP. */
function readEnds(ip: Uint8Array): string {
  const view = new DataView(ip.buffer, ip.byteOffset, ip.byteLength);
  const ports = ip[9] === 1 ? [0, 0] : [view.getUint16(20), view.getUint16(22)];
  return `${endText(ip.subarray(12, 16), ports[0])}>${endText(ip.subarray(16, 20), ports[1])}`;
}

/** The packet's ends, and those it quotes; also checks every checksum in it. */
function inspect(frame: Uint8Array): string {
  const ip = frame.subarray(14);
  const l4 = ip.subarray(20);
  expect(internetChecksum(ip.subarray(0, 20)), "IPv4 header checksum").toBe(0);
  const pseudo = ip[9] === 1 ? 0 : pseudoHeaderSum(ip.subarray(12, 16), ip.subarray(16, 20), ip[9], l4.length);
  expect(internetChecksum(l4, pseudo), "L4 checksum").toBe(0);
  if (ip[9] !== 1 || l4[0] !== 3) return readEnds(ip);
  const quoted = l4.subarray(8);
  expect(internetChecksum(quoted.subarray(0, 20)), "quoted header checksum").toBe(0);
  return `${readEnds(ip)} about ${readEnds(quoted)}`;
}

const tupleEnds = (tuple: ModelTuple): string =>
  `${endText(Uint8Array.from(tuple.source.address.split(".").map(Number)), tuple.source.port)}>` +
  `${endText(Uint8Array.from(tuple.destination.address.split(".").map(Number)), tuple.destination.port)}`;

function originText(tuple: ModelTuple | undefined): string {
  if (tuple === undefined) return "0:0.0.0.0:0>0.0.0.0:0";
  if (tuple.icmp === undefined) return `${tuple.protocol}:${tupleEnds(tuple)}`;
  const type = tuple.icmp.asks ? 8 : 0;
  return `1:${tuple.source.address}:${type}>${tuple.destination.address}:0`;
}

const TCP_STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1", "CLOSING"];
const tcpState = (state: number): string => TCP_STATES[state] ?? (state === 9 ? "FIN_WAIT_2" : "TIME_WAIT");

function modelText(connection: ModelConnection, now: number): string {
  const { original, reply, ends } = connection;
  const states = ends === undefined ? "" : ` ${tcpState(ends[0].state)}/${tcpState(ends[1].state)}`;
  const left = Math.floor((connection.expires - now) / 1000);
  const icmp = original.icmp === undefined ? "" : ` id ${original.icmp.id}`;
  return `${connection.zone} ${original.protocol}${icmp} ${tupleEnds(original)} ${tupleEnds(reply)} ${connection.mark}${states} ${left}s`;
}

function trackerText(connection: Connection): string {
  const ends = (tuple: ConnectionTuple) =>
    `${endText(tuple.source, tuple.sourcePort)}>${endText(tuple.destination, tuple.destinationPort)}`;
  const { original, reply, tcp } = connection;
  const states = tcp === undefined ? "" : ` ${tcp.stateOriginal}/${tcp.stateReply}`;
  const icmp = original.icmpId === undefined ? "" : ` id ${original.icmpId}`;
  return `${connection.zone} ${original.protocol}${icmp} ${ends(original)} ${ends(reply)} ${connection.mark}${states} ${connection.timeout}s`;
}

function ctOf(action: ModelAction): Ct {
  const { nat } = action;
  let text: string | undefined;
  if (nat !== undefined) {
    const ports = nat.ports === undefined ? "" : `:${nat.ports[0]}-${nat.ports[1]}`;
    const range = `${nat.address ?? ""}${ports}`;
    text = nat.side === undefined ? "" : range === "" ? nat.side : `${nat.side}=${range}`;
  }
  return { zone: action.zone, commit: action.commit, force: action.force, mark: action.mark, nat: text };
}

/** The port that the tracker gave to the client (src) or chose at the server (dst). */
function chosenPort(frame: Uint8Array | undefined, side: "src" | "dst" | undefined): number | undefined {
  if (frame === undefined || side === undefined) return undefined;
  return new DataView(frame.buffer, frame.byteOffset).getUint16(34 + (side === "src" ? 0 : 2));
}

function runStep(tracker: Tracker, model: ConntrackModel, { advance, packet, actions }: Step): void {
  tracker.advance(advance);
  model.now = tracker.now;
  if (advance !== 0) tracker.sweep();
  const way = model.start(packet);
  let address: number | undefined = tracker.place(frameOf(packet));
  for (const action of actions) {
    address = tracker.step(address, ctOf(action))[0];
    const outcome = address === undefined ? undefined : tracker.outcome(address);
    const passed = model.pass(packet, way, action, (free) => {
      const chosen = chosenPort(outcome?.frame, action.nat?.side);
      if (outcome === undefined) expect(free, "free ports when the range is said to be exhausted").toEqual([]);
      return chosen;
    });
    expect(outcome !== undefined, "goes on").toBe(passed);
    if (outcome === undefined || address === undefined) break;
    expect(new Set(outcome.state.split("+").filter(Boolean))).toEqual(way.state);
    expect({ zone: outcome.zone, mark: outcome.mark, tuple: outcome.tuple }).toEqual({
      zone: way.zone,
      mark: way.mark,
      tuple: originText(way.origin),
    });
    const quoted = way.quoted === undefined ? "" : ` about ${tupleEnds(way.quoted)}`;
    expect(inspect(outcome.frame)).toBe(`${tupleEnds(way.tuple)}${quoted}`);
  }
  const expected = model.live().map((connection) => modelText(connection, model.now));
  expect([...tracker.conntrack.connections()].map(trackerText).sort()).toEqual(expected.sort());
}

describe("conntrack against its model", () => {
  const tracker = new Tracker();

  function run(steps: readonly Step[], checksSequence: boolean): void {
    tracker.flushAll();
    tracker.conntrack.setTcpSequenceChecking(checksSequence);
    const model = new ConntrackModel();
    model.checksSequence = checksSequence;
    for (const each of steps) runStep(tracker, model, each);
  }

  it("agrees on every verdict, translation and connection", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.boolean(), run), {
      numRuns: Number(process.env.MODEL_RUNS ?? 250),
    });
  });

  it("agrees on two ends that talk TCP all the time", () => {
    const talk = fc.record({
      advance: fc.constantFrom(0, 0, 0, 1000, 31_000),
      packet: tcpPacket.map((packet): ModelPacket => {
        const forward = CLIENTS.includes(packet.tuple.source.address);
        const here = { address: CLIENTS[0], port: 2000 };
        const there = { address: SERVERS[0], port: 80 };
        return {
          ...packet,
          tuple: { protocol: 6, source: forward ? here : there, destination: forward ? there : here },
        };
      }),
      actions: fc.constantFrom<ModelAction[]>([{ zone: 0, commit: true }], [{ zone: 0 }]),
    });
    fc.assert(fc.property(fc.array(talk, { minLength: 5, maxLength: 80 }), fc.boolean(), run), {
      numRuns: Number(process.env.MODEL_RUNS ?? 250),
    });
  });
});
