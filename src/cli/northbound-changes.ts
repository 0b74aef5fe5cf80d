/** What the northbound wants changed, as modifications of the switch's tables, in the order in which they may be made. */
import type { Changes } from "../northbound/northbound.ts";
import type { PortNames } from "../slowpath/flow/port-text.ts";
import { parseFlow } from "../slowpath/tables/flow-text.ts";
import { parseGroup } from "../slowpath/tables/group-text.ts";
import type { Modification } from "../slowpath/tables/modification.ts";

export function modificationsOf({ flows, groups }: Changes, ports?: PortNames): Modification[] {
  return [
    ...groups.add.map((text) => parseGroup(text, "add", { ports })),
    ...groups.modify.map((text) => parseGroup(text, "modify", { ports })),
    ...flows.delete.map((text) => parseFlow(text, "delete_strict", { ports })),
    ...flows.add.map((text) => parseFlow(text, "add", { ports })),
    ...groups.delete.map((id) => parseGroup(`group_id=${id}`, "delete", { ports })),
  ];
}
