/** What a lab needs of the machine, each lack said in one sentence before anything is made. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, EXIT_MISSING } from "../control/command-error.ts";
import type { LabPorts } from "./options.ts";

export interface Machine {
  readonly uid: number;
  readonly path: string;
  readonly tun: string;
  readonly module: string;
}

export function thisMachine(): Machine {
  return {
    uid: process.getuid?.() ?? 0,
    path: process.env.PATH ?? "",
    tun: "/dev/net/tun",
    module: builtModule(),
  };
}

export function builtModule(): string {
  return fileURLToPath(new URL("../../build/fastpath.wasm", import.meta.url));
}

/** @throws CommandError naming the first thing that is missing. */
export function checkRequirements(ports: LabPorts, machine: Machine = thisMachine()): void {
  const missing = (sentence: string): never => {
    throw new CommandError(sentence, EXIT_MISSING);
  };
  if (!existsSync(machine.module)) missing(`the fast path is not built (${machine.module}): run "npm run build"`);
  if (machine.uid !== 0) missing("a lab makes network namespaces and devices: run it as root");
  if (!inPath("ip", machine.path))
    missing('the program "ip" is needed and not installed: install the package iproute2');
  if (!inPath("curl", machine.path))
    missing('the program "curl" is needed and not installed: install the package curl');
  if (ports === "tap" && !existsSync(machine.tun)) {
    missing(`TAP ports need ${machine.tun}: load the kernel module "tun", or use --ports veth`);
  }
}

function inPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
