/** `ct_clear`: the packet counts as untracked again. */
import { clearTracking } from "../translate/conntrack.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";

export const ctClear: ActionDefinition<ActionOf<"ct_clear">> = {
  type: "ct_clear",
  keywords: ["ct_clear"],
  parse: () => ({ type: "ct_clear" }),
  format: () => "ct_clear",
  translate(context) {
    if (!context.conntracked) return undefined;
    clearTracking(context);
    context.actions.push({ type: "ct_clear" });
    return undefined;
  },
};
