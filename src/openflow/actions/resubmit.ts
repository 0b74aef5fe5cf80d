/** `resubmit:PORT`, `resubmit(PORT,TABLE[,ct])` */

import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { PORT_IN_PORT } from "../../slowpath/flow/port-text.ts";
import type { Reader } from "../wire/reader.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";

const RESUBMIT = 1;
const RESUBMIT_TABLE = 14;
const RESUBMIT_TABLE_CT = 44;
/** The current table. */
const SAME_TABLE = 0xff;

function read(body: Reader, ct: boolean): ActionOf<"resubmit"> {
  const port = body.u16();
  const table = body.u8();
  body.zeros(3, "OFPBAC_BAD_ARGUMENT");
  return {
    type: "resubmit",
    ...(port !== PORT_IN_PORT && { port }),
    ...(table !== SAME_TABLE && { table }),
    ...(ct && { ct: true }),
  };
}

export const resubmit: ActionCodec<ActionOf<"resubmit">> = {
  type: "resubmit",
  forms: [
    nicira("1.0+", RESUBMIT, 16, (body) => {
      const port = body.u16();
      return cameAs({ type: "resubmit", ...(port !== PORT_IN_PORT && { port }) }, "short");
    }),
    nicira("1.0+", RESUBMIT_TABLE, 16, (body) => read(body, false)),
    nicira("1.0+", RESUBMIT_TABLE_CT, 16, (body) => read(body, true)),
  ],
  write(writer, action) {
    const { port = PORT_IN_PORT, table = SAME_TABLE, ct = false } = action;
    if (formOf(action) === "short") {
      writeNicira(writer, RESUBMIT, () => writer.u16(port));
      return;
    }
    writeNicira(writer, ct ? RESUBMIT_TABLE_CT : RESUBMIT_TABLE, () => {
      writer.u16(port);
      writer.u8(table);
      writer.zeros(3);
    });
  },
};
