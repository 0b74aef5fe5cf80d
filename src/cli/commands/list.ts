/** All commands, in the order the help shows them. */
import type { CliCommand } from "../command.ts";
import { conntrack } from "./conntrack.ts";
import { daemon } from "./daemon.ts";
import { flows } from "./flows.ts";
import { groups } from "./groups.ts";
import { lab } from "./lab.ts";
import { nbctl } from "./nbctl.ts";
import { ovnLab } from "./ovn-lab.ts";
import { ports } from "./ports.ts";
import { rules } from "./rules.ts";
import { stats } from "./stats.ts";
import { systemdUnitCommand } from "./systemd-unit.ts";
import { tables } from "./tables.ts";
import { trace } from "./trace.ts";
import { version } from "./version.ts";

export const COMMANDS: readonly CliCommand[] = [
  lab,
  ovnLab,
  daemon,
  nbctl,
  ports,
  flows,
  tables,
  groups,
  conntrack,
  stats,
  trace,
  rules,
  systemdUnitCommand,
  version,
];
