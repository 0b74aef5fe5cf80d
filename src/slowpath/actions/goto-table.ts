/** `goto_table:N`: goes on in a later table; nothing comes back. */
import { resubmitTo } from "../translate/resubmit.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseTable } from "./resubmit.ts";

export const gotoTable: ActionDefinition<ActionOf<"goto_table">> = {
  type: "goto_table",
  keywords: ["goto_table"],
  parse: ({ value }, parser) => ({ type: "goto_table", table: parseTable(value, parser) }),
  format: ({ table }) => `goto_table:${table}`,
  translate(context, { table }, place) {
    resubmitTo(context, { table, last: place.last, missesCount: true });
    return undefined;
  },
};
