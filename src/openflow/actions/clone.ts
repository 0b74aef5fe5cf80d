/** `clone(…)` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const CLONE = 42;

export const clone: ActionCodec<ActionOf<"clone">> = {
  type: "clone",
  forms: [
    nicira("1.0+", CLONE, undefined, (body, { readActions }) => {
      body.zeros(6, "NXBRC_MUST_BE_ZERO");
      return { type: "clone", actions: readActions(body) };
    }),
  ],
  write(writer, { actions }, { writeActions }) {
    writeNicira(writer, CLONE, () => {
      writer.zeros(6);
      writeActions(writer, actions);
    });
  },
};
