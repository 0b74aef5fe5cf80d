/** `meter:ID`: an action in 1.5; an instruction in 1.3 and 1.4 (instructions.ts); before that there is none. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { OF15 } from "../wire/version.ts";
import { type ActionCodec, standard, writeStandard } from "./definition.ts";

const METER = 29;

export const meter: ActionCodec<ActionOf<"meter">> = {
  type: "meter",
  forms: [standard("1.5+", METER, 8, (body) => ({ type: "meter", id: body.u32() }))],
  write(writer, { id }, { version }) {
    if (version >= OF15) writeStandard(writer, METER, () => writer.u32(id));
  },
};
