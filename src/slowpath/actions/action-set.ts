/** `write_actions(…)` and `clear_actions`: what runs when the pipeline ends (translate/action-set.ts says in which order). */
import { clearActionSet, writeActions } from "../translate/action-set.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";

export const writeActionsInstruction: ActionDefinition<ActionOf<"write_actions">> = {
  type: "write_actions",
  keywords: ["write_actions"],
  parse: ({ value }, parser) => ({ type: "write_actions", actions: parser.parse(value) }),
  format: ({ actions }, printer) => `write_actions(${printer.print(actions)})`,
  translate(context, { actions }) {
    writeActions(context, actions);
    return undefined;
  },
};

export const clearActionsInstruction: ActionDefinition<ActionOf<"clear_actions">> = {
  type: "clear_actions",
  keywords: ["clear_actions"],
  parse: () => ({ type: "clear_actions" }),
  format: () => "clear_actions",
  translate(context) {
    clearActionSet(context);
    return undefined;
  },
};
