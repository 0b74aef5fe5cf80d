/** `move:SOURCE->DESTINATION`: OpenFlow 1.5's copy_field, Nicira's reg_move, ONF's copy_field for 1.3 and 1.4. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import type { Subfield } from "../../slowpath/flow/field.ts";
import { tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import { readFieldName, UNMAPPED_OPTION_BYTES, writeHeader } from "../fields/header.ts";
import { ONF } from "../wire/experimenters.ts";
import type { Reader } from "../wire/reader.ts";
import { OF13, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import {
  type ActionCodec,
  type ActionContext,
  nicira,
  onf,
  standard,
  writeNicira,
  writeStandard,
} from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { namedBits, subfield, writable } from "./subfield.ts";

type Move = ActionOf<"move">;

const COPY_FIELD = 28;
const ONF_COPY_FIELD = 3200;
const REG_MOVE = 6;

/** `gap`: zeros between offsets and fields. */
function read(body: Reader, context: ActionContext, gap: number): Move {
  const bits = body.u16();
  const sourceStart = body.u16();
  const destinationStart = body.u16();
  body.skip(gap);
  const unmapped = isUnmapped(body);
  const source = subfield(readFieldName(body, context), sourceStart, bits);
  const destinationUnmapped = isUnmapped(body);
  const destination = writable(subfield(readFieldName(body, context), destinationStart, bits));
  body.zeros(body.remaining, "OFPBAC_BAD_ARGUMENT");
  const move: Move = { type: "move", source, destination };
  // A switch that has a TLV map tells the lengths in it, whatever the sender knew of them.
  return (unmapped || destinationUnmapped) && !context.isTunnelOption ? cameAs(move, "unmapped") : move;
}

/** Whether the next field is an option that its sender has no length for. */
function isUnmapped(body: Reader): boolean {
  return (body.peekU16(2) & 0xff) === UNMAPPED_OPTION_BYTES;
}

function writeField(writer: Writer, { field }: Subfield, form: "nxm" | Version, unmapped: boolean): void {
  const option = unmapped && tunnelMetadataIndex(field) >= 0;
  writeHeader(writer, field, form, false, option ? UNMAPPED_OPTION_BYTES : undefined);
}

function writeParts(writer: Writer, move: Move, gap: number, form: "nxm" | Version): void {
  const { source, destination } = move;
  const unmapped = formOf(move) === "unmapped";
  // Both are as wide on the wire, but the flow may have less of one of them.
  writer.u16(Math.max(namedBits(source), namedBits(destination)));
  writer.u16(source.start);
  writer.u16(destination.start);
  writer.zeros(gap);
  writeField(writer, source, form, unmapped);
  writeField(writer, destination, form, unmapped);
}

export const move: ActionCodec<Move> = {
  type: "move",
  forms: [
    standard("1.5+", COPY_FIELD, undefined, (body, context) => read(body, context, 2)),
    onf("1.3-1.4", ONF_COPY_FIELD, undefined, (body, context) => {
      body.skip(2);
      return cameAs(read(body, context, 2), "onf");
    }),
    nicira("1.0-1.4", REG_MOVE, undefined, (body, context) => read(body, context, 0)),
  ],
  write(writer, action, { version }) {
    if (version >= OF15) {
      writeStandard(writer, COPY_FIELD, () => writeParts(writer, action, 2, version));
    } else if (version === OF13 && formOf(action) === "onf") {
      const body = (): void => {
        writer.zeros(2);
        writeParts(writer, action, 2, version);
      };
      writeNicira(writer, ONF_COPY_FIELD, body, ONF);
    } else {
      writeNicira(writer, REG_MOVE, () => writeParts(writer, action, 0, "nxm"));
    }
  },
};
