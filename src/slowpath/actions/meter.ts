/** `meter:ID`: packets over the meter's rate are dropped; an unknown meter does nothing. */
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseInteger } from "./scan.ts";

export const meter: ActionDefinition<ActionOf<"meter">> = {
  type: "meter",
  keywords: ["meter"],
  parse: ({ value }) => ({ type: "meter", id: parseInteger(value, 0xffff_ffff, "meter id") }),
  format: ({ id }) => `meter:${id}`,
  translate(context, { id }) {
    const found = context.bridge.meter(id);
    if (found) context.actions.push({ type: "meter", index: found.datapathIndex });
    return undefined;
  },
};
