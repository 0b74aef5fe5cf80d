/** The commands that ovs-appctl can call. A new one is a file beside this one and a line here. */
import type { UnixctlCommand } from "../command.ts";
import { exit } from "./exit.ts";
import { listCommands } from "./list-commands.ts";
import { version } from "./version.ts";
import { vlogCommands } from "./vlog.ts";

const commands: readonly UnixctlCommand[] = [exit, version, ...vlogCommands];

export const COMMANDS: readonly UnixctlCommand[] = [...commands, listCommands(commands)];
