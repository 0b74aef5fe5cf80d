/** `note:BYTES`: at least six, padded with zeros. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const NOTE = 8;

export const note: ActionCodec<ActionOf<"note">> = {
  type: "note",
  forms: [nicira("1.0+", NOTE, undefined, (body) => ({ type: "note", data: body.rest().slice() }))],
  write(writer, { data }) {
    writeNicira(writer, NOTE, () => writer.bytes(data));
  },
};
