import fc from "fast-check";
import koffi from "koffi";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { RECEIVE_BUFFERS, TX_QUEUE } from "../../assembly/layout/limits.ts";
import { TRANSMIT_BASE } from "../../assembly/memory.ts";
import { createMemory } from "../../src/fastpath/module.ts";
import { TapCalls } from "../../src/fastpath/tap-calls.ts";
import {
  fillOf,
  lengthIndex,
  TAP_RING,
  type TapReports,
  vectorCountIndex,
  vectorsOf,
} from "../../src/fastpath/tap-exchange.ts";
import { type TapOperations, TapRing } from "../../src/fastpath/tap-ring.ts";
import { EAGAIN, EBADF } from "../../src/kernel/errno.ts";
import { hostBase } from "../../src/kernel/host-memory.ts";
import { IoUring } from "../../src/kernel/io-uring.ts";
import { addressOf, close, read, write } from "../../src/kernel/system-calls.ts";

const PORT = 4;
const HEADER = "0123456789";
const MESSAGES = TRANSMIT_BASE;
const VECTORS = TRANSMIT_BASE + TX_QUEUE * 64;
const TEXTS = TRANSMIT_BASE + 0x10000;
const memory = createMemory(1);
const bytes = Buffer.from(memory.buffer);
const view = new DataView(memory.buffer);
const words = new Int32Array(memory.buffer);
const heard: unknown[][] = [];
const reports: TapReports = {
  sent: (...told) => heard.push(["sent", ...told]),
  refused: (...told) => heard.push(["refused", ...told]),
  ended: (...told) => heard.push(["ended", ...told]),
};
const ring = IoUring.open(memory, TAP_RING);
const exchanges = [new TapCalls(memory, reports), ...(ring ? [new TapRing(ring, memory, reports)] : [])];
const open: number[] = [];
const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const socketpair = koffi.load("libc.so.6").func("socketpair", "int", ["int", "int", "int", "uint64"]);

beforeEach(() => {
  heard.length = 0;
});
afterEach(() => {
  for (const descriptor of open.splice(0)) close(descriptor);
});
afterAll(() => ring?.close());

/** Texts of the frames in the receive buffers. */
const frames = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const start = fillOf(n) + HEADER.length;
    return bytes.toString("latin1", start, start + words[lengthIndex(n)]!);
  });

/** Queues frames, each in two pieces. */
function queue(texts: readonly string[]): void {
  for (const [n, text] of texts.entries()) {
    const at = TEXTS + n * 256;
    bytes.write(text, at);
    words[vectorCountIndex(MESSAGES, n)] = 2;
    const vectors = vectorsOf(VECTORS, n);
    view.setBigUint64(vectors, BigInt(hostBase(memory) + at), true);
    view.setBigUint64(vectors + 8, 1n, true);
    view.setBigUint64(vectors + 16, BigInt(hostBase(memory) + at + 1), true);
    view.setBigUint64(vectors + 24, BigInt(text.length - 1), true);
  }
}

/** Two ends of a pipe that keeps frames apart, as a TAP does, and takes so many: a sequenced socket pair of this process. */
function pipe(): [number, number] {
  const pair = Buffer.alloc(8);
  expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, addressOf(pair))).toBe(0);
  const ends: [number, number] = [pair.readInt32LE(0), pair.readInt32LE(4)];
  open.push(...ends);
  return ends;
}

function send(descriptor: number, texts: readonly string[]): void {
  for (const text of texts) {
    const frame = Buffer.from(HEADER + text);
    expect(write(descriptor, addressOf(frame), frame.length)).toBe(frame.length);
  }
}

function receive(descriptor: number): string[] {
  const texts: string[] = [];
  const frame = Buffer.alloc(4096);
  while (true) {
    const length = read(descriptor, addressOf(frame), frame.length);
    if (length < 0) return texts;
    texts.push(frame.toString("latin1", 0, length));
  }
}

describe.each(exchanges.map((exchange) => [exchange.constructor.name, exchange] as const))("%s", (_, exchange) => {
  it("reads what is there, in its order, and says why no more came", () => {
    const [device, host] = pipe();
    send(host, ["one", "two", "three"]);
    const count = exchange.read(PORT, device);
    expect(frames(count)).toEqual(["one", "two", "three"]);
    expect(heard).toEqual([["ended", PORT, EAGAIN]]);
    expect(exchange.read(PORT, device)).toBe(0);
  });

  it("reads any number of frames at any time, RECEIVE_BUFFERS at once at most", () => {
    const [device, host] = pipe();
    let next = 0;
    const waiting: string[] = [];
    const bursts = fc.array(fc.record({ size: fc.nat({ max: 80 }), reads: fc.nat({ max: 3 }) }), { maxLength: 6 });
    fc.assert(
      fc.property(bursts, (steps) => {
        for (const { size, reads } of steps) {
          const texts = Array.from({ length: size }, () => `frame ${next++}`);
          send(host, texts);
          waiting.push(...texts);
          for (let i = 0; i < reads || waiting.length > RECEIVE_BUFFERS; i++) {
            const count = exchange.read(PORT, device);
            expect(count).toBe(Math.min(waiting.length, RECEIVE_BUFFERS));
            expect(frames(count)).toEqual(waiting.splice(0, count));
          }
        }
      }),
    );
  });

  it("that finds no device reads nothing and says so", () => {
    expect(exchange.read(PORT, 999_999)).toBe(0);
    expect(heard).toEqual([["ended", PORT, EBADF]]);
  });

  it("writes a queue frame by frame, whatever their pieces", () => {
    const [device, host] = pipe();
    const texts = Array.from({ length: TX_QUEUE }, (_, n) => `frame ${n}`);
    queue(texts);
    exchange.write(PORT, device, MESSAGES, VECTORS, TX_QUEUE);
    expect(heard).toEqual([["sent", PORT, 0, TX_QUEUE]]);
    expect(receive(host)).toEqual(texts);
  });

  it("counts what finds no room, every frame once", () => {
    const [device, host] = pipe();
    queue(Array.from({ length: TX_QUEUE }, (_, n) => `frame ${n}`));
    for (let i = 0; i < 20; i++) exchange.write(PORT, device, MESSAGES, VECTORS, TX_QUEUE);
    const sum = (kind: string, at: number): number =>
      heard.filter(([what]) => what === kind).reduce((all, told) => all + (told[at] as number), 0);
    expect(sum("sent", 3)).toBe(receive(host).length);
    expect(sum("sent", 3)).toBeLessThan(20 * TX_QUEUE);
    expect(sum("sent", 3) + sum("refused", 2)).toBe(20 * TX_QUEUE);
    expect(new Set(heard.filter(([what]) => what === "refused").map((told) => told[3]))).toEqual(new Set([EAGAIN]));
  });

  it("that finds no device refuses the queue once", () => {
    queue(["one", "two", "three"]);
    exchange.write(PORT, 999_999, MESSAGES, VECTORS, 3);
    expect(heard).toEqual([["refused", PORT, 3, EBADF]]);
  });
});

it("a frame that comes between two reads of one run leaves no gap", () => {
  /** What each operation comes to, run by run. */
  const runs = [
    ["one", ""],
    ["", "two"],
    ["three", "four", "five"],
    ["", "", "six", "", "seven", ""],
  ];
  let run: string[] = [];
  const asked: number[] = [];
  const fake: TapOperations = {
    read: (number, _, address) => {
      if (number === 0) run = runs.shift() ?? [];
      if (run[number]) bytes.write(HEADER + run[number], address - hostBase(memory));
    },
    writev: () => expect.unreachable(),
    run: (count) => asked.push(count),
    result: (number) => (run[number] ? HEADER.length + run[number].length : -EAGAIN),
  };
  const exchange = new TapRing(fake, memory, reports);
  expect(frames(exchange.read(PORT, 0))).toEqual(["one"]);
  expect(frames(exchange.read(PORT, 0))).toEqual(["two"]);
  runs.unshift(["a", "b"]);
  runs[1].push("c");
  expect(frames(exchange.read(PORT, 0))).toEqual(["a", "b", "three", "four", "five", "c", "six", "seven"]);
  expect(asked).toEqual([2, 2, 2, 4, 8]);
});

describe.runIf(ring)("io_uring", () => {
  it("leaves nothing under way: a read that would wait ends", () => {
    const [device, host] = pipe();
    ring!.read(0, device, hostBase(memory) + fillOf(0), 100);
    ring!.run(1);
    expect(ring!.result(0)).toBe(-EAGAIN);
    bytes.fill(0, fillOf(0), fillOf(0) + 20);
    send(host, ["later"]);
    ring!.read(0, 999_999, hostBase(memory) + fillOf(1), 100);
    ring!.run(1);
    expect(ring!.result(0)).toBe(-EBADF);
    expect(bytes.toString("latin1", fillOf(0), fillOf(0) + 4)).toBe("\0\0\0\0");
    expect(receive(device)).toEqual([`${HEADER}later`]);
  });
});
