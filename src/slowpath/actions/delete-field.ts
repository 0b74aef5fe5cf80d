/** `delete_field:tun_metadataN`: takes a tunnel option away; only those can be absent. */
import { fieldByName, tunnelMetadataIndex } from "../flow/fields.ts";
import { setTunnelMetadataPresent } from "../flow/match.ts";
import { markBytes } from "../translate/write.ts";
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
    setTunnelMetadataPresent(context.flow, tunnelMetadataIndex(field), false);
    markBytes(context, field.offset, field.bytes);
    context.report("detail", `delete ${field.name}`);
    return undefined;
  },
};
