/**
 * The short way of an established connection's packets (assembly/conntrack/established.ts) beside the long one: a ct that writes a mark
 * under a mask of zeros means the same and always goes the long way.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONNECTION_SIZE } from "../../assembly/layout/limits.ts";
import { VNET_F_NEEDS_CSUM } from "../../assembly/layout/packet.ts";
import { ARENA_BASE, CONNECTIONS_BASE } from "../../assembly/memory.ts";
import { keyOf, type Placement } from "../model/packet-record.ts";
import { brokenInvariants } from "./integrity.ts";
import { tcp } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

const CLIENT = "10.0.0.1:1000";
const SERVER = "10.0.1.1:80";
const BACKEND = "10.2.0.1:8080";
const TCP_CHECKSUM = 16;
const TCP_HEADER = 34;
const RECORDS = 4;

interface Step {
  readonly reply: boolean;
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly bytes: number;
  readonly checksum: "good" | "bad" | "partial";
  readonly wait: number;
}

const near = (base: number) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: base, max: base + 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: base - 70_000, max: base + 140_000 }).map((value) => value >>> 0) },
  );

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    reply: fc.boolean(),
    flags: fc.constantFrom("A", "A", "A", "A", "PA", "PA", "FA", "S", "SA", "RA", "R", "UPA", ""),
    sequence: near(1001),
    acknowledgement: near(1001),
    window: fc.constantFrom(0, 1, 1000, 65_535),
    bytes: fc.constantFrom(0, 0, 1, 7, 1000),
    checksum: fc.constantFrom("good", "good", "good", "partial", "bad"),
    wait: fc.constantFrom(0, 0, 1, 1500, 90_000_000),
  }),
  { minLength: 1, maxLength: 12 },
);

const ways: readonly { readonly name: string; readonly commit: Ct; readonly ends: readonly [string, string] }[] = [
  { name: "untranslated", commit: {}, ends: [CLIENT, SERVER] },
  { name: "behind DNAT", commit: { nat: "dst=10.2.0.1:8080" }, ends: [CLIENT, BACKEND] },
  { name: "behind SNAT", commit: { nat: "src=203.0.113.1:2000" }, ends: ["203.0.113.1:2000", SERVER] },
];

/** Leaves the tracker with one connection, which has answered; `scale`: what both ends offer. */
function connect(tracker: Tracker, { commit, ends: [client, server] }: (typeof ways)[number], scale?: number): void {
  tracker.flushAll();
  tracker.fastPath.call.applyCommands(1000);
  tracker.track(tcp(CLIENT, SERVER, "S", { scale }), { zone: 1, commit: true, ...commit });
  tracker.track(tcp(server, client, "SA", { ack: 1001, scale }), { zone: 1, nat: "" });
  tracker.track(tcp(CLIENT, SERVER, "A", { seq: 1001, ack: 1001 }), { zone: 1, nat: "" });
}

/** One packet through one zone, and through another one behind it. */
function through(tracker: Tracker, { ends: [client, server] }: (typeof ways)[number], step: Step, long: boolean) {
  const [from, to] = step.reply ? [server, client] : [CLIENT, SERVER];
  const { sequence: seq, acknowledgement: ack, window: win, bytes: data } = step;
  const frame = tcp(from, to, step.flags, { seq, ack, win, data });
  if (step.checksum !== "good") frame[TCP_HEADER + TCP_CHECKSUM] ^= 0x55;
  const placement: Placement =
    step.checksum === "partial"
      ? { offload: { flags: VNET_F_NEEDS_CSUM, checksumStart: TCP_HEADER, checksumOffset: TCP_CHECKSUM } }
      : {};
  tracker.advance(step.wait);
  const mark: Ct = long ? { mark: [0, 0] } : {};
  const actions: Ct[] = [
    { zone: 1, commit: true, nat: "", ...mark },
    { zone: 2, commit: true, ...mark },
  ];
  let packets = [tracker.place(frame, placement)];
  for (const action of actions) packets = packets.flatMap((packet) => tracker.step(packet, action));
  const { bytes } = tracker.fastPath;
  return {
    outcomes: packets.map((packet) => tracker.outcome(packet)),
    keys: packets.map((packet) => keyOf(tracker.fastPath, packet)),
    records: bytes.slice(CONNECTIONS_BASE, CONNECTIONS_BASE + RECORDS * CONNECTION_SIZE),
  };
}

describe("a packet of an established connection", () => {
  it.each(ways)("meets the same the short way and the long one, $name", (way) => {
    const short = new Tracker();
    const long = new Tracker();
    fc.assert(
      fc.property(steps, fc.constantFrom(undefined, 0, 7), (played, scale) => {
        connect(short, way, scale);
        connect(long, way, scale);
        for (const step of played) {
          expect(through(short, way, step, false)).toEqual(through(long, way, step, true));
        }
        expect(brokenInvariants(short.fastPath)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each(ways)("goes the short way, and others do not, $name", (way) => {
    const tracker = new Tracker();
    connect(tracker, way, 7);
    const goes = (frame: Uint8Array, action: Ct): boolean => {
      tracker.writeInstruction(ARENA_BASE, action);
      return tracker.fastPath.call.passEstablished(tracker.place(frame), ARENA_BASE) !== 0;
    };
    const segment = tcp(CLIENT, SERVER, "PA", { seq: 1001, ack: 1001, data: 10 });
    expect(goes(segment, { zone: 1, nat: "" })).toBe(true);
    expect(goes(segment, { zone: 2, nat: "" })).toBe(false);
    expect(goes(segment, { zone: 1, nat: "", mark: [0, 0] })).toBe(false);
    expect(goes(tcp(CLIENT, SERVER, "FA", { seq: 1011, ack: 1001 }), { zone: 1, nat: "" })).toBe(false);
    expect(goes(tcp(CLIENT, "10.0.1.1:81", "A", { seq: 1001, ack: 1001 }), { zone: 1, nat: "" })).toBe(false);
  });
});
