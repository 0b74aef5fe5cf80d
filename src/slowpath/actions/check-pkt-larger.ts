/** `check_pkt_larger(BYTES)->FIELD[bit]`: the rest of the pipeline is translated for both answers (translate/check-length.ts). */
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { branchOnLength } from "../translate/check-length.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";
import { writable } from "./set-field.ts";

export const checkPktLarger: ActionDefinition<ActionOf<"check_pkt_larger">> = {
  type: "check_pkt_larger",
  keywords: ["check_pkt_larger"],
  parse({ value }) {
    const parts = /^\((\d+)\)\s*->\s*(.+)$/.exec(value);
    if (!parts) throw new ActionSyntaxError(`check_pkt_larger${value}: expected check_pkt_larger(pkt_len)->reg[bit]`);
    const destination = parseSubfield(parts[2]);
    writable(destination.field, parts[2]);
    if (destination.bits !== 1) {
      throw new ActionSyntaxError("Only 1-bit destination field is allowed");
    }
    return { type: "check_pkt_larger", length: parseInteger(parts[1], 0xffff, "pkt_len"), destination };
  },
  format: ({ length, destination }) => `check_pkt_larger(${length})->${formatSubfield(destination)}`,
  translate(context, { length, destination }, place) {
    branchOnLength(context, length, destination, place);
    return "stop";
  },
};
