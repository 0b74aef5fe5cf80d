/** `group:ID`: the buckets of a group run on copies of the packet (translate/group.ts). */
import { runGroup } from "../translate/group.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { parseInteger } from "./scan.ts";

/** OFPG_MAX */
const GROUP_MAX = 0xffff_ff00;

export const group: ActionDefinition<ActionOf<"group">> = {
  type: "group",
  keywords: ["group"],
  parse: ({ value }) => ({ type: "group", id: parseInteger(value, GROUP_MAX, "group id") }),
  format: ({ id }) => `group:${id}`,
  translate: (context, { id }, place) => runGroup(context, id, place),
};
