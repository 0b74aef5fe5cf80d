/** `write_metadata:VALUE[/MASK]` as Nicira's action for 1.0; later it is an instruction (instructions.ts). */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const WRITE_METADATA = 22;

export const writeMetadata: ActionCodec<ActionOf<"write_metadata">> = {
  type: "write_metadata",
  forms: [
    nicira("1.0+", WRITE_METADATA, 32, (body) => {
      body.zeros(6, "NXBRC_MUST_BE_ZERO");
      return { type: "write_metadata", value: body.u64(), mask: body.u64() };
    }),
  ],
  write(writer, { value, mask }) {
    writeNicira(writer, WRITE_METADATA, () => {
      writer.zeros(6);
      writer.u64(value);
      writer.u64(mask);
    });
  },
};
