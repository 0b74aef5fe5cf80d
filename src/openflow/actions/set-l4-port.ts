/** `mod_tp_src:PORT`, `mod_tp_dst:PORT`: from 1.2 on set_field of whichever protocol the rule matches. */
import { KEY_NW_PROTO } from "../../../assembly/layout/key.ts";
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue } from "../../slowpath/flow/flow.ts";
import { IP_PROTO_SCTP, IP_PROTO_UDP } from "../../slowpath/flow/prerequisites.ts";
import { writeEntry } from "../fields/entry.ts";
import { OF11 } from "../wire/version.ts";
import { type ActionCodec, type ActionContext, standard, writeStandard } from "./definition.ts";

const SET_TP_SRC = 9;
const SET_TP_DST = 10;
const SET_FIELD = 25;

function protocolName({ match }: ActionContext): string {
  const protocol = match?.value[KEY_NW_PROTO];
  return protocol === IP_PROTO_UDP ? "udp" : protocol === IP_PROTO_SCTP ? "sctp" : "tcp";
}

export const setL4Port: ActionCodec<ActionOf<"set_l4_port">> = {
  type: "set_l4_port",
  forms: [
    standard("1.0+", SET_TP_SRC, 8, (body) => ({ type: "set_l4_port", source: true, port: body.u16() })),
    standard("1.0+", SET_TP_DST, 8, (body) => ({ type: "set_l4_port", source: false, port: body.u16() })),
  ],
  write(writer, { source, port }, context) {
    if (context.version <= OF11) {
      writeStandard(writer, source ? SET_TP_SRC : SET_TP_DST, () => writer.u16(port));
      return;
    }
    const target = field(`${protocolName(context)}_${source ? "src" : "dst"}`);
    const value = bytesOfValue(target, BigInt(port));
    writeStandard(writer, SET_FIELD, () => writeEntry(writer, target, context.version, value));
  },
};
