/** Frames in a row: which of them the parser takes for one like the frame before, and that nobody can tell by the result. */
import { describe, expect, it } from "vitest";
import { KEY_EXTENT_IPV4 } from "../../assembly/layout/key.ts";
import { PACKET_KEY_EXTENT, PACKET_SIZE } from "../../assembly/layout/packet.ts";
import { PACKETS_BASE } from "../../assembly/memory.ts";
import { arp, bytesOf, ethernet, ipv4, ipv4Address, ipv6, ipv6Address, tcp, udp } from "../model/frames.ts";
import { instantiateFastPath } from "../model/module.ts";
import { keyOf, type Placement, parseFrame, placeFrame, readParsed } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };
const PAYLOAD = bytesOf("00112233445566778899aabbccddeeff");
const TCP = ethernet(0x0800, ipv4(A4, 6, tcp(A4, { source: 40000, destination: 80, flags: 0x010 }, PAYLOAD)));
const UDP = ethernet(0x0800, ipv4(A4, 17, udp(A4, 53000, 53, PAYLOAD)));

/** Of the first 48 bytes: identification and checksum of IPv4, sequence and acknowledgement of TCP. */
const NOT_LOOKED_AT = new Set([18, 19, 24, 25, 38, 39, 40, 41, 42, 43, 44, 45]);
const HEADERS = 48;

const fastPath = instantiateFastPath();
fastPath.call.initialize();

interface Placed {
  readonly frame: Uint8Array;
  readonly placement?: Placement;
}

/** Parses the frames as a batch, checks that each came out as if it were alone; which are marked as being the same. */
function parseRow(...row: readonly (Placed | Uint8Array)[]): boolean[] {
  const { call, view } = fastPath;
  const placed = row.map((one): Placed => (one instanceof Uint8Array ? { frame: one } : one));
  call.resetPool();
  const packets = placed.map(({ frame, placement }, i) => placeFrame(fastPath, frame, { ...placement, buffer: 2 * i }));
  call.parseAll(PACKETS_BASE, PACKETS_BASE + row.length * PACKET_SIZE);
  const inRow = packets.map((packet) => [
    readParsed(fastPath, packet),
    keyOf(fastPath, packet),
    view.getUint32(packet + PACKET_KEY_EXTENT, true),
  ]);
  const marks = packets.map((_, i) => call.isMarkedSame(i) !== 0);
  const alone = placed.map(({ frame, placement }) => {
    const packet = parseFrame(fastPath, frame, placement);
    return [readParsed(fastPath, packet), keyOf(fastPath, packet), view.getUint32(packet + PACKET_KEY_EXTENT, true)];
  });
  expect(inRow).toEqual(alone);
  return marks;
}

function flipped(frame: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = frame.slice();
  copy[at] ^= 1 << bit;
  return copy;
}

describe.each([
  ["TCP", TCP],
  ["UDP", UDP],
])("a row of %s frames", (_, frame) => {
  it("marks all but the first of equal ones", () => {
    expect(parseRow(frame, frame, frame)).toEqual([false, true, true]);
  });

  it.each(Array.from(frame.keys()))(
    "tells frames apart that differ in a bit of byte %i, where the parser looks at it",
    (at) => {
      const same = at >= HEADERS || NOT_LOOKED_AT.has(at);
      for (let bit = 0; bit < 8; bit++) {
        expect(parseRow(frame, flipped(frame, at, bit), frame)[1]).toBe(same);
        expect(parseRow(flipped(frame, at, bit), frame)[1]).toBe(same);
      }
    },
  );

  it("tells frames of other lengths apart, on the wire and in the head", () => {
    const padded = new Uint8Array(frame.length + 1);
    padded.set(frame);
    expect(parseRow(frame, padded)).toEqual([false, false]);
    expect(parseRow(padded, frame)).toEqual([false, false]);
    for (let length = 14; length < frame.length; length++) {
      expect(parseRow(frame, frame.slice(0, length))).toEqual([false, false]);
      expect(parseRow({ frame, placement: { head: length } }, frame)).toEqual([false, false]);
    }
  });

  it("tells ports apart", () => {
    expect(parseRow(frame, { frame, placement: { inPort: 2 } })).toEqual([false, false]);
  });

  it("looks at each frame's own offload", () => {
    const broken = { flags: 1, checksumStart: 14, checksumOffset: 2 };
    expect(parseRow(frame, { frame, placement: { offload: broken } })).toEqual([false, true]);
    expect(parseRow({ frame, placement: { offload: broken } }, frame)).toEqual([false, true]);
  });

  it("clears a key that was longer in the batch before", () => {
    const long = ethernet(0x86dd, ipv6(A6, 6, tcp(A6, { source: 1, destination: 2, flags: 2 })));
    parseRow(long, long, long);
    expect(parseRow(frame, frame, frame)).toEqual([false, true, true]);
    expect(fastPath.view.getUint32(PACKETS_BASE + PACKET_SIZE + PACKET_KEY_EXTENT, true)).toBe(KEY_EXTENT_IPV4);
  });
});

it.each([
  ["IPv6", ethernet(0x86dd, ipv6(A6, 6, tcp(A6, { source: 1, destination: 2, flags: 2 })))],
  ["ARP", ethernet(0x0806, arp(1, A4.source, A4.destination))],
  ["a fragment", flipped(TCP, 20, 5)],
  ["another protocol", flipped(TCP, 23, 4)],
])("leaves %s to the parser, however equal", (_, frame) => {
  expect(parseRow(frame, frame)).toEqual([false, false]);
});
