import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { PACKET_MIN_HEADROOM } from "../../assembly/layout/packet.ts";
import {
  BUFFER_LENGTH,
  PORT_KIND_PACKET,
  PORT_KIND_TAP,
  PORT_KIND_TEST,
  PORT_KIND_XDP,
  PORT_SIZE,
  PORT_TX_COUNT,
  PORT_TX_MESSAGES,
  PORT_TX_VECTORS,
} from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import { FrameExchange } from "../../src/fastpath/frame-exchange.ts";
import { createMemory } from "../../src/fastpath/module.ts";
import { PortRecords } from "../../src/fastpath/port-records.ts";
import { EBADF, EINVAL, isDeviceFailure } from "../../src/kernel/errno.ts";
import { hostBase } from "../../src/kernel/host-memory.ts";
import { Bell } from "../../src/kernel/readiness.ts";

const PORT = 4;
const FRAMES = BUFFERS_BASE + 0x10000;
const memory = createMemory(1);
const bytes = Buffer.from(memory.buffer);
const view = new DataView(memory.buffer);
const records = new PortRecords(memory);
const directory = mkdtempSync(join(tmpdir(), "megaflow-exchange-"));
const calls: unknown[][] = [];
/** Frames of an AF_XDP port that find a chunk. */
const submitted = 2;
/** What the kernel takes of its ring, call by call; nothing when there is no more. */
let takes: number[] = [];
let unsent = 0;
const exchange = new FrameExchange(
  memory,
  () => ({
    countSent: (...words) => calls.push(["sent", ...words]),
    countRefused: (...words) => calls.push(["refused", ...words]),
    submitXdp: () => {
      unsent += submitted;
      return submitted;
    },
    unsentXdp: () => unsent,
    countTakenXdp: (...words) => {
      const taken = takes.shift() ?? 0;
      unsent -= taken;
      if (taken > 0) calls.push(["taken", ...words]);
      return taken;
    },
    withdrawXdp: (port, count) => {
      unsent -= count;
      calls.push(["withdrawn", port, count]);
    },
  }),
  (...words) => calls.push(["failed", ...words]),
);

const open: number[] = [];
const openFile = (path: string, flags: string): number => {
  const descriptor = openSync(path, flags);
  open.push(descriptor);
  return descriptor;
};

beforeEach(() => {
  calls.length = 0;
  takes = [];
  unsent = 0;
});
afterEach(() => {
  for (const descriptor of open.splice(0)) closeSync(descriptor);
});
afterAll(() => rmSync(directory, { recursive: true }));

const field = (name: number): number => PORTS_BASE + PORT * PORT_SIZE + name;

/** A port on a descriptor with `texts` queued, each in two pieces. */
function queue(kind: number, descriptor: number, texts: readonly string[]): void {
  records.publish(PORT, { kind, features: 0, mtu: 1500, descriptor }, true);
  const messages = view.getUint32(field(PORT_TX_MESSAGES), true);
  const vectors = view.getUint32(field(PORT_TX_VECTORS), true);
  for (const [index, text] of texts.entries()) {
    const at = FRAMES + index * 256;
    bytes.write(text, at);
    view.setBigUint64(messages + index * 64 + 16, BigInt(hostBase(memory) + vectors + index * 32), true);
    view.setBigUint64(messages + index * 64 + 24, 2n, true);
    for (const [piece, [start, length]] of [
      [0, 2],
      [2, text.length - 2],
    ].entries()) {
      view.setBigUint64(vectors + index * 32 + piece * 16, BigInt(hostBase(memory) + at + start), true);
      view.setBigUint64(vectors + index * 32 + piece * 16 + 8, BigInt(length), true);
    }
  }
  view.setUint32(field(PORT_TX_COUNT), texts.length, true);
}

describe("a transmit queue of a TAP device", () => {
  it("is written frame by frame and left empty", () => {
    const path = join(directory, "out");
    queue(PORT_KIND_TAP, openFile(path, "w"), ["first,", "second,", "third"]);
    exchange.flushPort(PORT);
    expect(readFileSync(path, "utf8")).toBe("first,second,third");
    expect(calls).toEqual([["sent", PORT, 0, 3]]);
    expect(view.getUint32(field(PORT_TX_COUNT), true)).toBe(0);
  });

  it("that has no room drops what is left as full", () => {
    const bell = new Bell(); // an eventfd adds up numbers of eight bytes and takes none past 2^64 - 2
    queue(PORT_KIND_TAP, bell.descriptor, ["2^64 - 2", "one more", "one more"]);
    const messages = view.getUint32(field(PORT_TX_MESSAGES), true);
    const vectors = view.getUint32(field(PORT_TX_VECTORS), true);
    for (let i = 0; i < 3; i++) {
      view.setBigUint64(FRAMES + i * 256, i === 0 ? 2n ** 64n - 2n : 1n, true);
      view.setBigUint64(messages + i * 64 + 24, 1n, true);
      view.setBigUint64(vectors + i * 32 + 8, 8n, true);
    }
    exchange.flushPort(PORT);
    bell.close();
    expect(calls).toEqual([
      ["sent", PORT, 0, 1],
      ["refused", PORT, 2, true],
    ]);
  });

  it("goes on after a frame that the kernel refuses", () => {
    queue(PORT_KIND_TAP, openFile("/dev/full", "w"), ["one", "two"]);
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["refused", PORT, 1, false],
      ["refused", PORT, 1, false],
    ]);
  });

  it("without a device drops all of it and reports the port once", () => {
    queue(PORT_KIND_TAP, 999_999, ["one", "two", "three"]);
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["refused", PORT, 3, false],
      ["failed", PORT, EBADF],
    ]);
    expect(view.getUint32(field(PORT_TX_COUNT), true)).toBe(0);
  });
});

describe("a transmit queue of a packet socket", () => {
  it("that every message is refused from ends empty", () => {
    queue(PORT_KIND_PACKET, openFile("/dev/null", "w"), ["one", "two"]); // ENOTSOCK
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["refused", PORT, 1, false],
      ["refused", PORT, 1, false],
    ]);
    expect(view.getUint32(field(PORT_TX_COUNT), true)).toBe(0);
  });

  it("without a socket is reported", () => {
    queue(PORT_KIND_PACKET, 999_999, ["one", "two"]);
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["refused", PORT, 2, false],
      ["failed", PORT, EBADF],
    ]);
  });
});

describe("a transmit queue of an AF_XDP socket", () => {
  it("without a socket is withdrawn from the ring, refused and reported", () => {
    queue(PORT_KIND_XDP, 999_999, ["one", "two", "no chunk"]);
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["refused", PORT, 1, true],
      ["withdrawn", PORT, 2],
      ["refused", PORT, 2, false],
      ["failed", PORT, EBADF],
    ]);
    expect(view.getUint32(field(PORT_TX_COUNT), true)).toBe(0);
    expect(exchange.hasRests).toBe(false);
  });

  it("is called again until all is taken", () => {
    takes = [0, 1, 0, 1]; // kernels before 6.17 show what they took only when the ring is empty
    queue(PORT_KIND_XDP, openFile("/dev/null", "w"), ["one", "two"]); // ENOTSOCK says nothing of a device
    exchange.flushPort(PORT);
    expect(calls).toEqual([
      ["taken", PORT, false],
      ["taken", PORT, false],
    ]);
    expect(exchange.hasRests).toBe(false);
  });

  it("leaves on the ring what the kernel has looked at and not taken, also when the device goes", () => {
    const socket = openFile("/dev/null", "w");
    takes = [1];
    queue(PORT_KIND_XDP, socket, ["one", "two"]);
    exchange.flushPort(PORT);
    expect(calls).toEqual([["taken", PORT, false]]);
    expect(exchange.hasRests).toBe(true);

    takes = [0, 1];
    expect(exchange.sendRests()).toBe(1);
    expect(calls).toEqual([
      ["taken", PORT, false],
      ["taken", PORT, false],
    ]);
    expect(exchange.hasRests).toBe(false);

    queue(PORT_KIND_XDP, socket, ["three", "four"]);
    exchange.flushPort(PORT);
    calls.length = 0;
    queue(PORT_KIND_XDP, 999_999, []);
    expect(exchange.sendRests()).toBe(1);
    expect(calls).toEqual([["failed", PORT, EBADF]]);
    expect(unsent).toBe(2);
    expect(exchange.hasRests).toBe(false);
  });

  it("forgets the rest of a port that is no more", () => {
    queue(PORT_KIND_XDP, openFile("/dev/null", "w"), ["one", "two"]);
    exchange.flushPort(PORT);
    expect(exchange.hasRests).toBe(true);
    records.free(PORT);
    exchange.sendRests();
    expect(exchange.hasRests).toBe(false);
    expect(calls).toEqual([]);
  });
});

it("a port that has no descriptor refuses its frames", () => {
  queue(PORT_KIND_TEST, -1, ["one"]);
  exchange.flushPort(PORT);
  expect(calls).toEqual([["refused", PORT, 1, false]]);
});

describe("frames read from a TAP device", () => {
  it("are put behind the headroom, their virtio-net header before them, until there are none", () => {
    const path = join(directory, "in");
    const header = "0123456789";
    writeFileSync(path, `${header}frame`);
    queue(PORT_KIND_TAP, openFile(path, "r"), []);
    expect(exchange.readFrames(PORT)).toBe(1);
    expect(view.getUint32(BUFFERS_BASE + BUFFER_LENGTH, true)).toBe(5);
    const start = BUFFERS_BASE + PACKET_MIN_HEADROOM;
    expect(bytes.toString("latin1", start - 10, start + 5)).toBe(`${header}frame`);
    expect(calls).toEqual([]);
  });

  it("that has gone are none, and the port is reported", () => {
    queue(PORT_KIND_TAP, 999_999, []);
    expect(exchange.readFrames(PORT)).toBe(0);
    expect(calls).toEqual([["failed", PORT, EBADF]]);
  });
});

it("long frames of a socket that has gone are none, and the port is reported", () => {
  queue(PORT_KIND_PACKET, 999_999, []);
  expect(exchange.receiveLong(PORT, 3)).toBe(0);
  expect(calls).toEqual([["failed", PORT, EBADF]]);
});

it("a refused frame is not a failed device", () => {
  expect(isDeviceFailure(EINVAL)).toBe(false);
  expect(isDeviceFailure(EBADF)).toBe(true);
});
