/** `output:FIELD[…]`: the port is in a field. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { hasPlainHeader, readFieldName, writeHeader } from "../fields/header.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { packBits, unpackBits } from "./subfield.ts";

const OUTPUT_REG = 15;
const OUTPUT_REG2 = 32;
/** From the field's header on, zeros included. */
const REG2_ROOM = 10;

export const outputReg: ActionCodec<ActionOf<"output_reg">> = {
  type: "output_reg",
  forms: [
    nicira("1.0+", OUTPUT_REG, 24, (body, context) => {
      const packed = body.u16();
      const source = unpackBits(readFieldName(body, context), packed);
      const maxLength = body.u16();
      body.zeros(6, "OFPBAC_BAD_ARGUMENT");
      return { type: "output_reg", source, maxLength };
    }),
    nicira("1.0+", OUTPUT_REG2, 24, (body, context) => {
      const packed = body.u16();
      const maxLength = body.u16();
      const source = unpackBits(readFieldName(body, context), packed);
      body.zeros(body.remaining, "NXBRC_MUST_BE_ZERO");
      return cameAs({ type: "output_reg", source, maxLength }, "reg2");
    }),
  ],
  write(writer, action, _context) {
    const { source, maxLength } = action;
    if (formOf(action) === "reg2" || !hasPlainHeader(source.field)) {
      writeNicira(writer, OUTPUT_REG2, () => {
        writer.u16(packBits(source));
        writer.u16(maxLength);
        const from = writer.length;
        writeHeader(writer, source.field, "nxm", false);
        writer.zeros(REG2_ROOM - (writer.length - from));
      });
    } else {
      writeNicira(writer, OUTPUT_REG, () => {
        writer.u16(packBits(source));
        writeHeader(writer, source.field, "nxm", false);
        writer.u16(maxLength);
        writer.zeros(6);
      });
    }
  },
};
