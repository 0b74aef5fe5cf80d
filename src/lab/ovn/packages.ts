/** The Debian packages whose programs are Open vSwitch and OVN. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError, EXIT_MISSING } from "../../control/command-error.ts";
import { runProgram, tryProgram } from "../run-program.ts";

const PROGRAMS: Readonly<Record<string, string>> = {
  "ovsdb-server": "openvswitch-switch",
  "ovs-vsctl": "openvswitch-switch",
  "ovn-nbctl": "ovn-central",
  "ovn-northd": "ovn-central",
  "ovn-controller": "ovn-host",
};

/** Debian packages whose programs are not in PATH. */
export function missingPackages(path: string = process.env.PATH ?? ""): string[] {
  const folders = [...path.split(delimiter), "/usr/sbin", "/usr/bin"];
  const missing = Object.entries(PROGRAMS)
    .filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))))
    .map(([, name]) => name);
  return [...new Set(missing)];
}

/** @throws CommandError when apt-get is not there or fails. */
export async function installPackages(names: readonly string[]): Promise<void> {
  // RUNLEVEL=1: packages do not start the daemons they bring.
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-y", "-qq"];
  const { status } = await tryProgram([...apt, "update"]);
  if (status !== 0)
    throw new CommandError(`"apt-get update" failed: install ${names.join(", ")} by hand`, EXIT_MISSING);
  await runProgram([...apt, "--no-install-recommends", "install", ...names]);
}
