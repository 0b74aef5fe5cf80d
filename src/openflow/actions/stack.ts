/** `push:FIELD[…]`, `pop:FIELD[…]` */

import type { ActionOf } from "../../slowpath/actions/definition.ts";
import type { Subfield } from "../../slowpath/flow/field.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, type ActionContext, nicira, writeNicira } from "./definition.ts";
import { namedBits, subfield, writable } from "./subfield.ts";

const PUSH = 27;
const POP = 28;
/** Offset, field, width and zeros after them. */
const ROOM = 14;

function read(body: Reader, context: ActionContext): Subfield {
  const start = body.u16();
  const field = readFieldName(body, context);
  return subfield(field, start, body.u16());
}

function write(writer: Writer, number: number, part: Subfield): void {
  writeNicira(writer, number, () => {
    const from = writer.length;
    writer.u16(part.start);
    writeHeader(writer, part.field, "nxm", false);
    writer.u16(namedBits(part));
    writer.zeros(ROOM - (writer.length - from));
  });
}

export const push: ActionCodec<ActionOf<"push">> = {
  type: "push",
  forms: [nicira("1.0+", PUSH, 24, (body, context) => ({ type: "push", source: read(body, context) }))],
  write: (writer, { source }) => write(writer, PUSH, source),
};

export const pop: ActionCodec<ActionOf<"pop">> = {
  type: "pop",
  forms: [nicira("1.0+", POP, 24, (body, context) => ({ type: "pop", destination: writable(read(body, context)) }))],
  write: (writer, { destination }) => write(writer, POP, destination),
};
