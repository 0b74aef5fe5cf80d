/** `conjunction(ID,K/N)`: the rule is the K-th of N dimensions of a match; the tables' lookup does the rest. */
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

const MIN_CLAUSES = 2;
const MAX_CLAUSES = 64;

export const conjunction: ActionDefinition<ActionOf<"conjunction">> = {
  type: "conjunction",
  keywords: ["conjunction"],
  parse({ value }) {
    const parts = /^([^,]+),\s*(\d+)\s*\/\s*(\d+)$/.exec(value.trim());
    if (!parts) throw new ActionSyntaxError(`"${value}" syntax is \`conjunction(id,k/n)'`);
    const id = parseInteger(parts[1], 0xffff_ffff, "conjunction id");
    const clause = Number(parts[2]);
    const clauses = Number(parts[3]);
    if (clauses < MIN_CLAUSES) throw new ActionSyntaxError(`conjunction must have at least ${MIN_CLAUSES} clauses`);
    if (clauses > MAX_CLAUSES) throw new ActionSyntaxError(`conjunction must have at most ${MAX_CLAUSES} clauses`);
    if (clause < 1) throw new ActionSyntaxError("clause index must be positive");
    if (clause > clauses) throw new ActionSyntaxError("clause index must be less than or equal to number of clauses");
    return { type: "conjunction", id, clause, clauses };
  },
  format: ({ id, clause, clauses }) => `conjunction(${id},${clause}/${clauses})`,
  translate(context) {
    context.report("error", "executing no-op conjunction action");
    return undefined;
  },
};
