/** `move:SOURCE->DESTINATION`: copies a run of bits; both fields must be in the packet. */
import { unwildcardSubfield } from "../flow/flow.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { copyBits, markWritten } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError } from "./scan.ts";
import { splitArrow, writable } from "./set-field.ts";

export const move: ActionDefinition<ActionOf<"move">> = {
  type: "move",
  keywords: ["move"],
  parse({ value }) {
    const [from, to] = splitArrow(value);
    const source = parseSubfield(from);
    const destination = parseSubfield(to);
    writable(destination.field, to);
    if (source.bits !== destination.bits) {
      throw new ActionSyntaxError(
        `${value}: source field is ${source.bits} bits wide but destination is ${destination.bits} bits wide`,
      );
    }
    return { type: "move", source, destination };
  },
  format: ({ source, destination }) => `move:${formatSubfield(source)}->${formatSubfield(destination)}`,
  translate(context, { source, destination }) {
    const { flow, wildcards } = context;
    if (hasPrerequisites(flow, destination.field, wildcards) && hasPrerequisites(flow, source.field, wildcards)) {
      unwildcardSubfield(wildcards, source);
      copyBits(flow, source, destination);
      markWritten(context, destination);
    }
    context.reportSubfield(destination);
    return undefined;
  },
};
