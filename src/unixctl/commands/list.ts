/** The commands that ovs-appctl can call. A new one is a file beside this one and a line here. */
import type { UnixctlCommand } from "../command.ts";
import { bridgeDumpFlows } from "./bridge-dump-flows.ts";
import { coverageCommands } from "./coverage.ts";
import { conntrackLimits } from "./dpctl-ct-limits.ts";
import { conntrackSettings } from "./dpctl-ct-settings.ts";
import { conntrackStatistics } from "./dpctl-ct-stats.ts";
import { dpctlDelFlows } from "./dpctl-del-flows.ts";
import { dpctlDumpConntrack } from "./dpctl-dump-conntrack.ts";
import { dpctlDumpDps } from "./dpctl-dump-dps.ts";
import { dpctlDumpFlows } from "./dpctl-dump-flows.ts";
import { dpctlFlushConntrack } from "./dpctl-flush-conntrack.ts";
import { fragmentCommands } from "./dpctl-ipf.ts";
import { dpctlShow } from "./dpctl-show.ts";
import { dpifDumpDps } from "./dpif-dump-dps.ts";
import { dpifDumpFlows } from "./dpif-dump-flows.ts";
import { dpifShow } from "./dpif-show.ts";
import { dpifShowDpFeatures } from "./dpif-show-dp-features.ts";
import { exit } from "./exit.ts";
import { fdbCommands } from "./fdb.ts";
import { listCommands } from "./list-commands.ts";
import { memoryShow } from "./memory-show.ts";
import { ofprotoList } from "./ofproto-list.ts";
import { ofprotoTrace } from "./ofproto-trace.ts";
import { pmdStatsShow } from "./pmd-stats-show.ts";
import { revalidatorCommands } from "./revalidator.ts";
import { upcallCommands } from "./upcall.ts";
import { version } from "./version.ts";
import { vlogCommands } from "./vlog.ts";

const commands: readonly UnixctlCommand[] = [
  bridgeDumpFlows,
  ...coverageCommands,
  ...conntrackLimits,
  ...conntrackSettings,
  ...conntrackStatistics,
  dpctlDelFlows,
  dpctlDumpConntrack,
  dpctlDumpDps,
  dpctlDumpFlows,
  dpctlFlushConntrack,
  dpctlShow,
  ...fragmentCommands,
  dpifDumpDps,
  dpifDumpFlows,
  dpifShow,
  dpifShowDpFeatures,
  exit,
  ...fdbCommands,
  memoryShow,
  ofprotoList,
  ofprotoTrace,
  pmdStatsShow,
  ...revalidatorCommands,
  ...upcallCommands,
  version,
  ...vlogCommands,
];

export const COMMANDS: readonly UnixctlCommand[] = [...commands, listCommands(commands)];
