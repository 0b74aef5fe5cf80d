/** dpctl's commands, in the order that dpctl/list-commands shows them. */
import type { UnixctlCommand } from "../../command.ts";
import { normalizeActions, parseActions } from "./action-text.ts";
import { addFlow, addFlows, delFlow, delFlows, modFlow, modFlows } from "./change-flows.ts";
import { deleteLimits, getLimits, setLimits } from "./conntrack-limits.ts";
import * as settings from "./conntrack-settings.ts";
import { dpctlCommand } from "./dpctl.ts";
import { buckets, dumpConntrack, statsShow } from "./dump-conntrack.ts";
import { dumpFlows, getFlow } from "./dump-flows.ts";
import { flushConntrack } from "./flush-conntrack.ts";
import * as fragments from "./fragments.ts";
import { managementCommands } from "./management.ts";
import { dumpDps, show } from "./show.ts";

const [addDp, delDp, addIf, delIf, setIf, cacheGetSize, cacheSetSize, offloadStatsShow] = managementCommands;

const listCommands = dpctlCommand("list-commands", "", 0, Number.POSITIVE_INFINITY, () => {
  const lines = dpctlCommands.map(({ name, usage }) => `  ${name.padEnd(29)} ${usage}\n`);
  return `The available commands are:\n${lines.join("")}`;
});

export const dpctlCommands: readonly UnixctlCommand[] = [
  addDp,
  delDp,
  addIf,
  delIf,
  setIf,
  dumpDps,
  show,
  dumpFlows,
  addFlow,
  modFlow,
  getFlow,
  delFlow,
  addFlows,
  modFlows,
  delFlows,
  offloadStatsShow,
  dumpConntrack,
  flushConntrack,
  cacheGetSize,
  cacheSetSize,
  statsShow,
  buckets,
  settings.setMaxConnections,
  settings.getMaxConnections,
  settings.getConnections,
  settings.enableSequenceChecking,
  settings.disableSequenceChecking,
  settings.getSequenceChecking,
  setLimits,
  deleteLimits,
  getLimits,
  fragments.setEnabled,
  fragments.setDisabled,
  fragments.setMinimum,
  fragments.setMost,
  fragments.getStatus,
  listCommands,
  parseActions,
  normalizeActions,
];
