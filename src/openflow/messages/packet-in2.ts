/** Nicira's second PACKET_IN, all properties, and RESUME, which hands it back and lets the pipeline go on. */
import { createMatch } from "../../slowpath/flow/match.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { readOxmMatch, writeOxmMatch } from "../fields/oxm-match.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, unknownProperty, writeProperty } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import { reasonNumberIn, reasons } from "../wire/reasons.ts";
import type { Writer } from "../wire/writer.ts";
import { type Continuation, readContinuation, writeContinuation } from "./continuation.ts";
import { type MessageCodec, niciraMessage } from "./definition.ts";
import type { PacketInFields } from "./packet-in.ts";

export interface PacketIn2 extends PacketInFields {
  readonly type: "nx_packet_in2";
  readonly userdata?: Uint8Array;
  readonly continuation?: Continuation;
}

export interface Resume extends PacketInFields {
  readonly type: "nx_resume";
  readonly userdata?: Uint8Array;
  readonly continuation?: Continuation;
}

/** Properties, in the order in which they are written. */
const PACKET = 0;
const FULL_LENGTH = 1;
const BUFFER_ID = 2;
const TABLE_ID = 3;
const COOKIE = 4;
const REASON = 5;
const METADATA = 6;
const USERDATA = 7;
const CONTINUATION = 8;

type Fields = Omit<PacketIn2, "type">;
type Draft = { -readonly [K in keyof Fields]: Fields[K] };

/** A u64 lies at a multiple of 8, behind padding. */
function readLong(body: Reader): bigint {
  body.skip(4);
  return body.u64();
}

function read(body: Reader, context: WireContext): Fields {
  const fields: Draft = {
    reason: "no_match",
    table: 0,
    cookie: undefined,
    frame: new Uint8Array(),
    length: 0,
    metadata: createMatch() as Match,
  };
  let length: number | undefined;
  for (const property of readProperties(body)) {
    const part = property.body;
    if (property.experimenter !== 0) throw unknownProperty(property);
    if (property.type === PACKET) fields.frame = part.rest().slice();
    else if (property.type === FULL_LENGTH) length = part.u32();
    else if (property.type === BUFFER_ID) part.u32();
    else if (property.type === TABLE_ID) fields.table = part.u8();
    else if (property.type === COOKIE) fields.cookie = readLong(part);
    else if (property.type === REASON) fields.reason = reasons[part.u8()] ?? "no_match";
    else if (property.type === METADATA) fields.metadata = readOxmMatch(part, context, { strict: false }).match;
    else if (property.type === USERDATA) fields.userdata = part.rest().slice();
    else if (property.type === CONTINUATION) fields.continuation = readContinuation(part, context);
    else throw unknownProperty(property);
  }
  fields.length = length ?? fields.frame.length;
  return fields;
}

function write(writer: Writer, fields: Fields, context: WireContext): void {
  const { version } = context;
  const { frame, length, table, cookie, reason, metadata, userdata, continuation } = fields;
  writeProperty(writer, PACKET, () => writer.bytes(frame));
  if (frame.length !== length) writeProperty(writer, FULL_LENGTH, () => writer.u32(length));
  writeProperty(writer, TABLE_ID, () => writer.u8(table));
  if (cookie !== undefined) {
    writeProperty(writer, COOKIE, () => {
      writer.zeros(4);
      writer.u64(cookie);
    });
  }
  writeProperty(writer, REASON, () => writer.u8(reasonNumberIn(version, reason)));
  writeProperty(writer, METADATA, () => writeOxmMatch(writer, metadata, version));
  if (continuation) writeProperty(writer, CONTINUATION, () => writeContinuation(writer, continuation, context));
  if (userdata?.length) writeProperty(writer, USERDATA, () => writer.bytes(userdata));
}

export const packetIn2: MessageCodec<PacketIn2> = {
  type: "nx_packet_in2",
  places: [niciraMessage("1.0+", 30)],
  read: (body, context) => ({ type: "nx_packet_in2", ...read(body, context) }),
  write,
};

export const resume: MessageCodec<Resume> = {
  type: "nx_resume",
  places: [niciraMessage("1.0+", 28)],
  read(body, context) {
    const fields = read(body, context);
    if (fields.length !== fields.frame.length) throw new OpenFlowError("OFPBRC_BAD_LEN", "a frame that was cut");
    return { type: "nx_resume", ...fields };
  },
  write,
};
