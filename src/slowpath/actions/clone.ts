/** `clone(…)`: the actions run on a copy; packet, registers and stack are afterwards what they were. */
import { runClone } from "../translate/clone.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";

export const clone: ActionDefinition<ActionOf<"clone">> = {
  type: "clone",
  keywords: ["clone"],
  parse: ({ value }, parser) => ({ type: "clone", actions: parser.parse(value) }),
  format: ({ actions }, printer) => `clone(${printer.print(actions)})`,
  translate(context, { actions }, place) {
    runClone(context, actions, place.last);
    return undefined;
  },
};
