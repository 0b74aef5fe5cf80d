/** Nicira's messages that forget connections: all of a zone, or those that a tuple describes. */
import { readProperties, unknownProperty } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import { type MessageCodec, niciraMessage } from "./definition.ts";

export interface CtFlushZone {
  readonly type: "nx_ct_flush_zone";
  readonly zone: number;
}

/** What is not given may be anything. */
export interface FlushTuple {
  /** 4 or 16 bytes. */
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpId?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

export interface CtFlush {
  readonly type: "nx_ct_flush";
  /** 0: any. */
  readonly protocol: number;
  readonly zone?: number;
  readonly original: FlushTuple;
  readonly reply: FlushTuple;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly label?: { readonly value: Uint8Array; readonly mask: Uint8Array };
}

/** Properties. */
const ORIGINAL = 0;
const REPLY = 1;
const ZONE = 2;
const MARK = 3;
const MARK_MASK = 4;
const LABEL = 5;
const LABEL_MASK = 6;
const ADDRESS_BYTES = 16;
const LABEL_BYTES = 16;
/** ::ffff:0:0/96 */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Long values may lie at a multiple of 8, behind padding. */
function readLong(body: Reader, bytes: number): Uint8Array {
  body.skip(body.remaining - bytes);
  return body.bytes(bytes).slice();
}

function readAddress(body: Reader): Uint8Array {
  const address = readLong(body, ADDRESS_BYTES);
  return Buffer.compare(address.subarray(0, MAPPED.length), MAPPED) === 0 ? address.slice(MAPPED.length) : address;
}

const tupleParts: readonly ((tuple: Mutable<FlushTuple>, body: Reader) => void)[] = [
  (tuple, body) => {
    tuple.source = readAddress(body);
  },
  (tuple, body) => {
    tuple.destination = readAddress(body);
  },
  (tuple, body) => {
    tuple.sourcePort = body.u16();
  },
  (tuple, body) => {
    tuple.destinationPort = body.u16();
  },
  (tuple, body) => {
    tuple.icmpId = body.u16();
  },
  (tuple, body) => {
    tuple.icmpType = body.u8();
  },
  (tuple, body) => {
    tuple.icmpCode = body.u8();
  },
];

function readTuple(body: Reader): FlushTuple {
  body.skip(4);
  const tuple: Mutable<FlushTuple> = {};
  for (const property of readProperties(body)) {
    const read = property.experimenter === 0 ? tupleParts[property.type] : undefined;
    if (!read) throw unknownProperty(property);
    read(tuple, property.body);
  }
  return tuple;
}

export const ctFlushZone: MessageCodec<CtFlushZone> = {
  type: "nx_ct_flush_zone",
  places: [niciraMessage("1.0+", 29)],
  read(body) {
    body.zeros(6, "NXBRC_MUST_BE_ZERO");
    return { type: "nx_ct_flush_zone", zone: body.u16() };
  },
  write(writer, { zone }) {
    writer.zeros(6);
    writer.u16(zone);
  },
};

export const ctFlush: MessageCodec<CtFlush> = {
  type: "nx_ct_flush",
  places: [niciraMessage("1.0+", 32)],
  read(body) {
    const protocol = body.u8();
    body.zeros(7, "NXBRC_MUST_BE_ZERO");
    const flush: Mutable<CtFlush> = { type: "nx_ct_flush", protocol, original: {}, reply: {} };
    let mark: number | undefined;
    let markMask = 0xffff_ffff;
    let label: Uint8Array | undefined;
    let labelMask = new Uint8Array(LABEL_BYTES).fill(0xff);
    for (const property of readProperties(body)) {
      const part = property.body;
      if (property.experimenter !== 0) throw unknownProperty(property);
      if (property.type === ORIGINAL) flush.original = readTuple(part);
      else if (property.type === REPLY) flush.reply = readTuple(part);
      else if (property.type === ZONE) flush.zone = part.u16();
      else if (property.type === MARK) mark = part.u32();
      else if (property.type === MARK_MASK) markMask = part.u32();
      else if (property.type === LABEL) label = readLong(part, LABEL_BYTES);
      else if (property.type === LABEL_MASK) labelMask = new Uint8Array(readLong(part, LABEL_BYTES));
      else throw unknownProperty(property);
    }
    if (mark !== undefined) flush.mark = { value: mark, mask: markMask };
    if (label !== undefined) flush.label = { value: label, mask: labelMask };
    return flush;
  },
};
