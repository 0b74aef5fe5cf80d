/** `output(port=PORT,max_len=BYTES)` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const OUTPUT_TRUNC = 39;
/** An Ethernet header. */
const MIN_LENGTH = 14;

export const outputTrunc: ActionCodec<ActionOf<"output_trunc">> = {
  type: "output_trunc",
  forms: [
    nicira("1.0+", OUTPUT_TRUNC, 16, (body) => {
      const port = body.u16();
      const maxLength = body.u32();
      if (maxLength < MIN_LENGTH) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `output of ${maxLength} bytes`);
      return { type: "output_trunc", port, maxLength };
    }),
  ],
  write(writer, { port, maxLength }) {
    writeNicira(writer, OUTPUT_TRUNC, () => {
      writer.u16(port);
      writer.u32(maxLength);
    });
  },
};
