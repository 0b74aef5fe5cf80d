/** `fin_timeout(…)` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const FIN_TIMEOUT = 19;

export const finTimeout: ActionCodec<ActionOf<"fin_timeout">> = {
  type: "fin_timeout",
  forms: [nicira("1.0+", FIN_TIMEOUT, 16, (body) => ({ type: "fin_timeout", idle: body.u16(), hard: body.u16() }))],
  write(writer, { idle, hard }) {
    writeNicira(writer, FIN_TIMEOUT, () => {
      writer.u16(idle);
      writer.u16(hard);
    });
  },
};
