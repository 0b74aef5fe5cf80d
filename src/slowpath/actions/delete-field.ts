/** `delete_field:tun_metadataN`: takes a tunnel option away; only those can be absent. */
import { fieldByName, tunnelMetadataIndex } from "../flow/fields.ts";
import { markBytes, markOption } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError } from "./scan.ts";

export const deleteField: ActionDefinition<ActionOf<"delete_field">> = {
  type: "delete_field",
  keywords: ["delete_field"],
  parse({ value }) {
    const field = fieldByName(value);
    if (!field || tunnelMetadataIndex(field) < 0) {
      throw new ActionSyntaxError(`${value}: only tun_metadata fields can be deleted`);
    }
    return { type: "delete_field", field };
  },
  format: ({ field }) => `delete_field:${field.name}`,
  translate(context, { field }) {
    context.flow.fill(0, field.offset, field.offset + field.bytes);
    markBytes(context, field.offset, field.bytes);
    markOption(context, tunnelMetadataIndex(field), false);
    context.report("detail", `delete ${field.name}`);
    return undefined;
  },
};
