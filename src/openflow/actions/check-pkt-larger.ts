/** `check_pkt_larger(BYTES)->FIELD[bit]` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { subfield, writable } from "./subfield.ts";

const CHECK_PKT_LARGER = 49;
/** The field's header and zeros. */
const ROOM = 10;

export const checkPktLarger: ActionCodec<ActionOf<"check_pkt_larger">> = {
  type: "check_pkt_larger",
  forms: [
    nicira("1.0+", CHECK_PKT_LARGER, 24, (body, context) => {
      const length = body.u16();
      const start = body.u16();
      return {
        type: "check_pkt_larger",
        length,
        destination: writable(subfield(readFieldName(body, context), start, 1)),
      };
    }),
  ],
  write(writer, { length, destination }) {
    writeNicira(writer, CHECK_PKT_LARGER, () => {
      writer.u16(length);
      writer.u16(destination.start);
      const from = writer.length;
      writeHeader(writer, destination.field, "nxm", false);
      writer.zeros(ROOM - (writer.length - from));
    });
  },
};
