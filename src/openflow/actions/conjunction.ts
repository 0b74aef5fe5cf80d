/** `conjunction(ID,K/N)`: clauses are counted from zero on the wire. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const CONJUNCTION = 34;
const MIN_CLAUSES = 2;
const MAX_CLAUSES = 64;

export const conjunction: ActionCodec<ActionOf<"conjunction">> = {
  type: "conjunction",
  forms: [
    nicira("1.0+", CONJUNCTION, 16, (body) => {
      const clause = body.u8() + 1;
      const clauses = body.u8();
      if (clauses < MIN_CLAUSES || clauses > MAX_CLAUSES || clause > clauses) {
        throw new OpenFlowError("NXBAC_BAD_CONJUNCTION", `clause ${clause} of ${clauses}`);
      }
      return { type: "conjunction", id: body.u32(), clause, clauses };
    }),
  ],
  write(writer, { id, clause, clauses }) {
    writeNicira(writer, CONJUNCTION, () => {
      writer.u8(clause - 1);
      writer.u8(clauses);
      writer.u32(id);
    });
  },
};
