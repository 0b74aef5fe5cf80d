/**
 * Broken frames through every kind of ct: no trap, nothing written outside the frame and its headroom, tables in order.
 * FUZZ_SEED=n tries another seed, CT_FUZZ_ROUNDS=n another length.
 */
import { describe, expect, it } from "vitest";
import { COUNTER_CT_CREATED } from "../../assembly/layout/counter.ts";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import { PACKET_DATA, PACKET_HEADROOM, PACKET_MIN_HEADROOM } from "../../assembly/layout/packet.ts";
import { BUFFERS_BASE } from "../../assembly/memory.ts";
import { type Mutation, mutate, sampleFrames } from "../model/mutations.ts";
import { brokenInvariants } from "./integrity.ts";
import { echo, sctp, sctpInit, tcp, udp, unreachable } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20260102);
const ROUNDS = Number(process.env.CT_FUZZ_ROUNDS ?? 30_000);
const GUARD = 4096;
const PATTERN = 0xa5;

/** mulberry32: numbers from 0 up to `limit`. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const A = ["10.0.0.1:1000", "10.0.0.2:21", "[fd00::1]:1000", "[fd00::2]:21"];
const lines = [
  "PORT 10,0,0,1,8,1",
  "227 Entering Passive Mode (10,0,0,2,8,1).",
  "EPRT |2|fd00::1|2049|",
  "229 Entering Extended Passive Mode (|||2049|)",
];

function corpus(): Uint8Array[] {
  const frames = [...sampleFrames()];
  for (const [a, b] of [
    [A[0], A[1]],
    [A[1], A[0]],
    [A[2], A[3]],
    [A[3], A[2]],
  ]) {
    const syn = tcp(a, b, "S", { scale: 7 });
    frames.push(syn, tcp(a, b, "A", { ack: 1001 }), tcp(a, b, "FA", { ack: 1001 }), tcp(a, b, "RA", { ack: 1001 }));
    frames.push(udp(a, b), echo(a.replace(/:\d+$/, ""), b.replace(/:\d+$/, ""), "request", 1));
    frames.push(sctpInit(a, b, 0, 1, 7), sctpInit(b, a, 7, 2, 8), sctp(a, b, 8, 10, new Uint8Array(8)));
    frames.push(unreachable(b, a, syn, 20), unreachable(b, a, udp(a, b), 8));
    for (const line of lines)
      frames.push(tcp(a, b, "PA", { ack: 1001, data: Uint8Array.from(Buffer.from(`${line}\r\n`)) }));
  }
  return frames;
}

const KINDS: readonly Mutation["kind"][] = ["byte", "byte", "byte", "byte", "truncate", "extend", "insert", "delete"];
const ACTIONS: readonly Ct[] = [
  {},
  { commit: true },
  { zone: 1, commit: true },
  { force: true },
  { nat: "" },
  { commit: true, nat: "src=203.0.113.1" },
  { commit: true, nat: "src=[2001:db8::1]" },
  { commit: true, nat: "dst=10.0.0.2:21" },
  { commit: true, nat: "dst=[fd00::2]:21-23" },
  { commit: true, nat: "src", helper: "ftp" },
  { commit: true, nat: "src=203.0.113.1-203.0.113.9:1-9", natFlags: "random", helper: "ftp" },
  { commit: true, helper: "tftp", policy: 65535 },
  { commit: true, mark: [1, 0xff], label: [3n, 0xffn], helper: "ftp" },
];

describe("fuzzing conntrack", () => {
  it(`survives ${ROUNDS} broken frames (seed ${SEED})`, () => {
    const random = randomNumbers(SEED);
    const tracker = new Tracker();
    const { bytes, view } = tracker.fastPath;
    const frames = corpus();
    const start = BUFFERS_BASE + BUFFER_SIZE;
    tracker.conntrack.setFragmentMinimum(4, 0);
    tracker.conntrack.setFragmentMinimum(6, 0);
    tracker.conntrack.setMaxConnections(500);
    for (let round = 0; round < ROUNDS; round++) {
      const changes = Array.from({ length: random(4) }, () => ({
        kind: KINDS[random(KINDS.length)],
        where: random(1000) / 1000,
        value: random(256),
      }));
      const frame = mutate(frames[random(frames.length)], changes);
      const head = random(3) === 0 ? random(frame.length + 1) : frame.length;
      const data = start + PACKET_MIN_HEADROOM;
      bytes.fill(PATTERN, start - GUARD, start);
      bytes.fill(PATTERN, data + frame.length, data + frame.length + GUARD);
      bytes.fill(PATTERN, start + BUFFER_SIZE - GUARD, start + BUFFER_SIZE + frame.length + GUARD);
      // Half of the frames come with a vouched checksum, so that broken ones get past it.
      const packet = tracker.place(frame, { buffer: 1, head, offload: { flags: random(2) * 2 } });
      const payload = bytes.slice(start + BUFFER_SIZE, start + BUFFER_SIZE + 2048);
      let packets = [packet];
      for (let actions = 1 + random(3); actions > 0; actions--) {
        packets = packets.flatMap((each) => tracker.step(each, ACTIONS[random(ACTIONS.length)]));
      }
      const moved = view.getUint32(packet + PACKET_DATA, true) - view.getUint32(packet + PACKET_HEADROOM, true);
      const untouched = (from: number, to: number) => bytes.subarray(from, to).every((byte) => byte === PATTERN);
      const clean =
        moved === start &&
        untouched(start - GUARD, start) &&
        untouched(data + head + (frame.length - head), data + frame.length + 256) &&
        Buffer.compare(payload, bytes.subarray(start + BUFFER_SIZE, start + BUFFER_SIZE + 2048)) === 0;
      if (!clean) throw new Error(`round ${round}: wrote outside of ${Buffer.from(frame).toString("hex")}`);
      if (random(50) === 0) tracker.advance(random(40_000));
      if (random(20) === 0) tracker.sweep(random(200));
      if (round % 20_000 === 0) expect(brokenInvariants(tracker.fastPath), `round ${round}`).toEqual([]);
    }
    expect(brokenInvariants(tracker.fastPath)).toEqual([]);
    expect(tracker.counter(COUNTER_CT_CREATED), "connections created").toBeGreaterThan(ROUNDS / 100);
    tracker.flushAll();
    expect(brokenInvariants(tracker.fastPath)).toEqual([]);
  });
});
