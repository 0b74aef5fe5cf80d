/** `exit`: no further action runs, here or in the tables that led here. */
import type { ActionDefinition, ActionOf } from "./definition.ts";

export const exit: ActionDefinition<ActionOf<"exit">> = {
  type: "exit",
  keywords: ["exit"],
  parse: () => ({ type: "exit" }),
  format: () => "exit",
  translate(context) {
    context.exit = true;
    return undefined;
  },
};
