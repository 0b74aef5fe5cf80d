/** The commands that ovs-appctl can call. A new one is a file beside this one and a line here. */
import type { UnixctlCommand } from "../command.ts";
import { bondHash } from "./bond-hash.ts";
import { bridgeCommands } from "./bridge.ts";
import { coverageCommands } from "./coverage.ts";
import { dpctlCommands } from "./dpctl/list.ts";
import { dumpFlows } from "./dpif/dump-flows.ts";
import { setFeatures, showFeatures } from "./dpif/features.ts";
import { dumpDps, show } from "./dpif/show.ts";
import { exit } from "./exit.ts";
import { fdbCommands } from "./fdb.ts";
import { listCommands } from "./list-commands.ts";
import { memoryShow } from "./memory-show.ts";
import { dummyCommands } from "./netdev/dummy.ts";
import { statsClear, statsShow } from "./netdev/pmd-stats.ts";
import { threadCommands } from "./netdev/threads.ts";
import { ofprotoList } from "./ofproto-list.ts";
import { ofprotoTrace } from "./ofproto-trace.ts";
import { ofprotoTracePacketOut } from "./ofproto-trace-packet-out.ts";
import { revalidatorCommands } from "./revalidator.ts";
import { timeCommands } from "./time.ts";
import { neighbourCommands } from "./tunnel/neighbours.ts";
import { tunnelPortCommands } from "./tunnel/ports.ts";
import { routeCommands } from "./tunnel/routes.ts";
import { unconfiguredCommands } from "./unconfigured.ts";
import { upcallCommands } from "./upcall.ts";
import { version } from "./version.ts";
import { vlogCommands } from "./vlog.ts";

const commands: readonly UnixctlCommand[] = [
  bondHash,
  ...bridgeCommands,
  ...coverageCommands,
  ...dpctlCommands,
  ...dummyCommands,
  dumpDps,
  dumpFlows,
  setFeatures,
  show,
  showFeatures,
  statsClear,
  statsShow,
  exit,
  ...fdbCommands,
  memoryShow,
  ...neighbourCommands,
  ofprotoList,
  ofprotoTrace,
  ofprotoTracePacketOut,
  ...revalidatorCommands,
  ...routeCommands,
  ...threadCommands,
  ...timeCommands,
  ...tunnelPortCommands,
  ...unconfiguredCommands,
  ...upcallCommands,
  version,
  ...vlogCommands,
];

export const COMMANDS: readonly UnixctlCommand[] = [...commands, listCommands(commands)];
