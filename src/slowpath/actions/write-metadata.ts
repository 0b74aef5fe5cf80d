/** `write_metadata:VALUE[/MASK]` */
import { field } from "../flow/fields.ts";
import { bytesOfValue } from "../flow/flow.ts";
import { formatHex } from "../flow/value-text.ts";
import { writeField } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseBigInteger } from "./scan.ts";

const ALL = 2n ** 64n - 1n;
const metadata = field("metadata");

export const writeMetadata: ActionDefinition<ActionOf<"write_metadata">> = {
  type: "write_metadata",
  keywords: ["write_metadata"],
  parse({ value }) {
    const [valueText, maskText] = value.split("/");
    const mask = maskText === undefined ? ALL : parseBigInteger(maskText, ALL, "metadata mask");
    return { type: "write_metadata", value: parseBigInteger(valueText, ALL, "metadata value"), mask };
  },
  format: ({ value, mask }) => `write_metadata:${formatHex(value)}${mask === ALL ? "" : `/${formatHex(mask)}`}`,
  translate(context, { value, mask }) {
    writeField(context, metadata, bytesOfValue(metadata, value), bytesOfValue(metadata, mask));
    return undefined;
  },
};
