/** The parser and the plain model agree on every field, for captured frames and for thousands of broken ones. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { KEY_IN_PORT } from "../../assembly/layout/key.ts";
import { PACKET_KEY_EXTENT } from "../../assembly/layout/packet.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { mutate, mutations, sampleFrames } from "../model/mutations.ts";
import { parsePacket } from "../model/packet.ts";
import { keyOf, parseFrame, readParsed } from "../model/packet-record.ts";
import { referenceFrames } from "../model/pcap.ts";

describe("parse against the model", () => {
  let fastPath: FastPath;
  const frames = [...sampleFrames(), ...referenceFrames()];
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  function compare(frame: Uint8Array, head: number): void {
    const packet = parseFrame(fastPath, frame, { head });
    expect(readParsed(fastPath, packet)).toEqual(parsePacket(frame.slice(0, head), frame.length));
    const extent = fastPath.view.getUint32(packet + PACKET_KEY_EXTENT, true);
    expect(
      keyOf(fastPath, packet)
        .subarray(extent)
        .every((byte) => byte === 0),
    ).toBe(true);
  }

  it("agrees on every captured and hand-made frame", () => {
    expect(frames.length).toBeGreaterThan(500);
    for (const frame of frames) compare(frame, frame.length);
  });

  it("agrees on every prefix of the hand-made frames", () => {
    for (const frame of sampleFrames()) {
      for (let length = 0; length < frame.length; length++) compare(frame.slice(0, length), length);
    }
  });

  it("agrees when the head ends anywhere in the frame", () => {
    for (const frame of sampleFrames()) {
      for (let head = 0; head < frame.length; head++) compare(frame, head);
    }
  });

  it("agrees on mutated frames", () => {
    fc.assert(
      fc.property(fc.constantFrom(...frames), mutations(), (frame, changes) => {
        const mutated = mutate(frame, changes);
        compare(mutated, mutated.length);
      }),
      { numRuns: 8000, seed: 1 },
    );
  });

  it("leaves nothing of a former packet in the key", () => {
    const [long, short] = [frames[frames.length - 1], new Uint8Array(14)];
    for (const former of frames) parseFrame(fastPath, former);
    parseFrame(fastPath, long);
    const packet = parseFrame(fastPath, short, { inPort: 0x01020304 });
    const expected = new Uint8Array(keyOf(fastPath, packet).length);
    expected.set([1, 2, 3, 4], KEY_IN_PORT);
    expected.set([0x05, 0xff], 36);
    expect(keyOf(fastPath, packet)).toEqual(expected);
  });
});
