/**
 * Ten million broken frames through the parser, two million rows of nearly equal ones, half a million frames through edits: no trap,
 * no hang, no write outside a frame's room.
 * The loops run inside the module (test/assembly/fuzz.ts). FUZZ_SEED=n tries another seed, FUZZ_ROUNDS=n another length.
 */
import { describe, expect, it } from "vitest";
import { ARENA_BASE } from "../../assembly/memory.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { sampleFrames } from "../model/mutations.ts";
import { referenceFrames } from "../model/pcap.ts";

const CORPUS = ARENA_BASE + 0x10000;
const SEED = BigInt(process.env.FUZZ_SEED ?? 20260101);
const PARSE_ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 10_000_000);
const ROW_ROUNDS = PARSE_ROUNDS / 5;
const EDIT_ROUNDS = PARSE_ROUNDS / 20;

/** Hand-made frames as often as captured ones, which are mostly TCP. Returns the number of entries. */
function writeCorpus({ bytes, view }: FastPath): number {
  const captured = referenceFrames();
  const samples = sampleFrames();
  const repeated = Array.from({ length: Math.ceil(captured.length / samples.length) }, () => samples).flat();
  const frames = [...captured, ...repeated];
  let at = CORPUS + frames.length * 4;
  frames.forEach((frame, index) => {
    view.setUint32(CORPUS + index * 4, at - CORPUS, true);
    view.setUint32(at, frame.length, true);
    bytes.set(frame, at + 4);
    at += (4 + frame.length + 7) & ~7;
  });
  return frames.length;
}

describe("fuzzing", () => {
  it(`survives ${PARSE_ROUNDS} mutated frames in the parser (seed ${SEED})`, () => {
    const fastPath = instantiateFastPath();
    const count = writeCorpus(fastPath);
    expect(fastPath.call.fuzzParse(ARENA_BASE, CORPUS, count, PARSE_ROUNDS, SEED)).toBe(0);
  });

  it(`parses ${ROW_ROUNDS} rows of nearly equal frames as it does each frame alone (seed ${SEED})`, () => {
    const fastPath = instantiateFastPath();
    fastPath.call.initialize(); // hashes tell keys apart then
    const count = writeCorpus(fastPath);
    expect(fastPath.call.fuzzRows(ARENA_BASE, CORPUS, count, ROW_ROUNDS, SEED)).toBe(0);
  });

  it(`survives random edits of ${EDIT_ROUNDS} mutated frames (seed ${SEED})`, () => {
    const fastPath = instantiateFastPath();
    const count = writeCorpus(fastPath);
    expect(fastPath.call.fuzzEdits(ARENA_BASE, CORPUS, count, EDIT_ROUNDS, SEED)).toBe(0);
  });
});
