/** `goto_table:N` where there are no instructions: OpenFlow 1.0 is told of a resubmit. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { PORT_IN_PORT } from "../../slowpath/flow/port-text.ts";
import { type ActionCodec, writeNicira } from "./definition.ts";

const RESUBMIT_TABLE = 14;

export const gotoTable: ActionCodec<ActionOf<"goto_table">> = {
  type: "goto_table",
  forms: [],
  write(writer, { table }) {
    writeNicira(writer, RESUBMIT_TABLE, () => {
      writer.u16(PORT_IN_PORT);
      writer.u8(table);
      writer.zeros(3);
    });
  },
};
