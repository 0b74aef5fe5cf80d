/** `note:00.11.22`: bytes that mean something to whoever wrote them. */
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { formatHexBytes, parseHexBytes } from "./scan.ts";

export const note: ActionDefinition<ActionOf<"note">> = {
  type: "note",
  keywords: ["note"],
  parse: ({ value }) => ({ type: "note", data: parseHexBytes(value) }),
  format: ({ data }) => `note:${formatHexBytes(data)}`,
  translate: () => undefined,
};
