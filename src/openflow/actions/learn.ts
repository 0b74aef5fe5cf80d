/**
 * `learn(…)`: a header, then specs until a zero word or the end.
 *
 *     spec: u16 { 0 0 │ source: 1 immediate │ destination: 2 bits │ 11 bits: how many bits }
 *           source: field u32, offset u16 — or the bits, right-aligned in 16-bit words
 *           destination, unless it is an output: field u32, offset u16
 */
import type { LearnAction, LearnSpec } from "../../slowpath/actions/action.ts";
import type { Subfield } from "../../slowpath/flow/field.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, type ActionContext, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { namedBits, subfield, writable } from "./subfield.ts";

const LEARN = 16;
const LEARN2 = 45;
const SEND_FLOW_REMOVED = 1 << 0;
const DELETE_LEARNED = 1 << 1;
const WRITE_RESULT = 1 << 2;
const NO_TABLE = 0xff;

const IMMEDIATE = 1 << 13;
const DESTINATION_SHIFT = 11;
const BITS = 0x7ff;
const MATCH = 0;
const LOAD = 1;
const OUTPUT = 2;

function bad(why: string): OpenFlowError {
  return new OpenFlowError("OFPBAC_BAD_ARGUMENT", `learn: ${why}`);
}

function readPart(body: Reader, context: ActionContext, bits: number): Subfield {
  const field = readFieldName(body, context);
  return subfield(field, body.u16(), bits);
}

function readImmediate(body: Reader, bits: number): Uint8Array {
  const bytes = Math.ceil(bits / 8);
  const padded = 2 * Math.ceil(bits / 16);
  body.skip(padded - bytes);
  return body.bytes(bytes).slice();
}

function readSpec(body: Reader, context: ActionContext, head: number): LearnSpec {
  const bits = head & BITS;
  const kind = (head >> DESTINATION_SHIFT) & 3;
  const immediate = (head & IMMEDIATE) !== 0;
  if (kind > OUTPUT || (kind === OUTPUT && immediate) || head >> 14 || bits === 0) {
    throw bad(`spec 0x${head.toString(16)}`);
  }
  const from = immediate ? readImmediate(body, bits) : readPart(body, context, bits);
  if (kind === OUTPUT) return { kind: "output", from: from as Subfield };
  const field = readPart(body, context, bits);
  // The flow may have room for the low bits only.
  const value = from instanceof Uint8Array ? from.subarray(from.length - Math.ceil(field.bits / 8)) : from;
  return kind === MATCH ? { kind: "match", field, from: value } : { kind: "load", field: writable(field), from: value };
}

function readSpecs(body: Reader, context: ActionContext): LearnSpec[] {
  const specs: LearnSpec[] = [];
  while (body.remaining >= 2) {
    const head = body.u16();
    if (head === 0) break;
    specs.push(readSpec(body, context, head));
  }
  body.zeros(body.remaining, "OFPBAC_BAD_ARGUMENT");
  return specs;
}

function read(body: Reader, context: ActionContext, second: boolean): LearnAction {
  const idleTimeout = body.u16();
  const hardTimeout = body.u16();
  const priority = body.u16();
  const cookie = body.u64();
  const flags = body.u16();
  const table = body.u8();
  body.zeros(1, "OFPBAC_BAD_ARGUMENT");
  const finIdleTimeout = body.u16();
  const finHardTimeout = body.u16();
  if (table === NO_TABLE) throw bad("table 255");
  if (flags & ~(SEND_FLOW_REMOVED | DELETE_LEARNED | (second ? WRITE_RESULT : 0))) {
    throw bad(`flags 0x${flags.toString(16)}`);
  }
  let limit = 0;
  let resultDst: Subfield | undefined;
  if (second) {
    limit = body.u32();
    const start = body.u16();
    body.zeros(2, "OFPBAC_BAD_ARGUMENT");
    if (flags & WRITE_RESULT) resultDst = writable(subfield(readFieldName(body, context), start, 1));
  }
  return {
    type: "learn",
    table,
    priority,
    idleTimeout,
    hardTimeout,
    finIdleTimeout,
    finHardTimeout,
    cookie,
    sendFlowRem: (flags & SEND_FLOW_REMOVED) !== 0,
    deleteLearned: (flags & DELETE_LEARNED) !== 0,
    limit,
    ...(resultDst && { resultDst }),
    specs: readSpecs(body, context),
  };
}

function writePart(writer: Writer, part: Subfield): void {
  writeHeader(writer, part.field, "nxm", false);
  writer.u16(part.start);
}

function writeSpec(writer: Writer, spec: LearnSpec): void {
  const kind = spec.kind === "match" ? MATCH : spec.kind === "load" ? LOAD : OUTPUT;
  const bits = namedBits(spec.kind === "output" ? spec.from : spec.field);
  const immediate = spec.from instanceof Uint8Array;
  writer.u16((immediate ? IMMEDIATE : 0) | (kind << DESTINATION_SHIFT) | bits);
  if (spec.from instanceof Uint8Array) {
    writer.zeros(2 * Math.ceil(bits / 16) - spec.from.length);
    writer.bytes(spec.from);
  } else {
    writePart(writer, spec.from);
  }
  if (spec.kind !== "output") writePart(writer, spec.field);
}

export const learn: ActionCodec<LearnAction> = {
  type: "learn",
  forms: [
    nicira("1.0+", LEARN, undefined, (body, context) => read(body, context, false)),
    nicira("1.0+", LEARN2, undefined, (body, context) => cameAs(read(body, context, true), "2")),
  ],
  write(writer, action) {
    const { limit, resultDst, specs, sendFlowRem, deleteLearned } = action;
    const second = formOf(action) === "2" || limit !== 0 || resultDst !== undefined;
    writeNicira(writer, second ? LEARN2 : LEARN, () => {
      writer.u16(action.idleTimeout);
      writer.u16(action.hardTimeout);
      writer.u16(action.priority);
      writer.u64(action.cookie);
      writer.u16(
        (sendFlowRem ? SEND_FLOW_REMOVED : 0) | (deleteLearned ? DELETE_LEARNED : 0) | (resultDst ? WRITE_RESULT : 0),
      );
      writer.u8(action.table);
      writer.zeros(1);
      writer.u16(action.finIdleTimeout);
      writer.u16(action.finHardTimeout);
      if (second) {
        writer.u32(limit);
        writer.u16(resultDst?.start ?? 0);
        writer.zeros(2);
        if (resultDst) writeHeader(writer, resultDst.field, "nxm", false);
      }
      for (const spec of specs) writeSpec(writer, spec);
    });
  },
};
