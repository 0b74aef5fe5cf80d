/**
 * `debug_recirc` and `debug_slow`: what OVS's own tests make the pipeline do: recirculate here, and send every packet of the flow
 * through the slow path. Controllers can use them with `--enable-dummy` only.
 */
import type { ActionDefinition, ActionOf } from "./definition.ts";

export const debugRecirculate: ActionDefinition<ActionOf<"debug_recirc">> = {
  type: "debug_recirc",
  keywords: ["debug_recirc"],
  parse: () => ({ type: "debug_recirc" }),
  format: () => "debug_recirc",
  translate(context) {
    context.triggerFreeze();
    return undefined;
  },
};

export const debugSlow: ActionDefinition<ActionOf<"debug_slow">> = {
  type: "debug_slow",
  keywords: ["debug_slow"],
  parse: () => ({ type: "debug_slow" }),
  format: () => "debug_slow",
  translate(context) {
    if (context.slow === "") context.slow = "action";
    return undefined;
  },
};
