/** Changes of tables that the switch itself makes. */
import { createMatch } from "../flow/match.ts";
import { PORT_NORMAL } from "../flow/port-text.ts";
import { ALL_TABLES, type FlowMod, GROUP_ALL, type Modification, noFlags } from "./modification.ts";

function flowMod(changes: Partial<FlowMod>): FlowMod {
  return {
    kind: "flow",
    command: "delete",
    table: ALL_TABLES,
    priority: 0,
    match: createMatch(),
    cookie: 0n,
    cookieMask: 0n,
    idleTimeout: 0,
    hardTimeout: 0,
    importance: 0,
    flags: noFlags,
    actions: [],
    ...changes,
  };
}

/** Neither rule nor group nor meter is left. */
export const deleteEverything = (): Modification[] => [
  flowMod({}),
  {
    kind: "group",
    command: "delete",
    id: GROUP_ALL,
    type: "all",
    selectionMethod: "",
    selectionParam: 0n,
    fields: [],
    buckets: [],
  },
  { kind: "meter", command: "delete", id: "all" },
];

/** What a bridge without controllers does in fail mode "standalone": it forwards as a learning switch. */
export const forwardNormally = (): Modification[] => [
  flowMod({ command: "add", table: 0, newCookie: 0n, actions: [{ type: "output", port: PORT_NORMAL }] }),
];
