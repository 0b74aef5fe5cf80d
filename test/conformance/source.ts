/**
 * Debian's source package of Open vSwitch, unpacked in a scratch folder and made ready to run.
 *
 * Nothing is compiled: the package holds the generated suites, and the installed tools (ovs-vsctl, ovs-ofctl,
 * ovs-appctl, ovsdb-server, ovsdb-tool) are of the same version. `configure` would only write the settings that
 * settingsOf() writes. Not possible so: the tests that use ovstest (sFlow, NetFlow) or ovs-testcontroller.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../src/lab/run-program.ts";

const ARCHIVE = "/usr/src/openvswitch/openvswitch.tar.gz";

export interface Source {
  /** The unpacked source. */
  readonly folder: string;
  /** Put first into PATH: `nc` is ncat, for the suite's probe and its tests alike. */
  readonly programs: string;
}

/** Unpacks the package into `scratch` unless that is done already; safe beside other runs. */
export async function unpackedSource(scratch: string): Promise<Source> {
  const folder = join(scratch, "openvswitch");
  const programs = join(scratch, "programs");
  if (!existsSync(folder)) {
    const own = join(scratch, `unpacking-${process.pid}`);
    mkdirSync(own, { recursive: true });
    await runProgram(["tar", "-xzf", ARCHIVE, "-C", own]);
    try {
      renameSync(join(own, "openvswitch"), folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // else another run was faster
    }
    rmSync(own, { recursive: true, force: true });
  }
  mkdirSync(programs, { recursive: true });
  if (!existsSync(join(programs, "nc"))) symlinkSync("/usr/bin/ncat", join(programs, "nc"));
  return { folder, programs };
}

/** Writes the settings that a suite reads from its working directory. */
export function writeSettings(source: Source, directory: string): void {
  for (const [file, text] of Object.entries(settingsOf(source.folder, directory))) {
    writeFileSync(join(directory, file), text);
  }
}

function settingsOf(source: string, directory: string): Record<"atconfig" | "atlocal", string> {
  const atconfig = {
    at_testdir: "tests",
    abs_builddir: directory,
    at_srcdir: `${source}/tests`,
    abs_srcdir: `${source}/tests`,
    at_top_srcdir: source,
    abs_top_srcdir: source,
    at_top_build_prefix: `${source}/`,
    abs_top_builddir: source,
    at_top_builddir: `${source}/`,
    EXEEXT: "",
    AUTOTEST_PATH: "tests",
    SHELL: "/bin/bash",
  };
  const substitutes: Readonly<Record<string, string>> = {
    HAVE_OPENSSL: "yes",
    OPENSSL_SUPPORTS_SNI: "yes",
    HAVE_UNBOUND: "no",
    EGREP: "grep -E",
    PYTHON3: "/usr/bin/python3",
    CFLAGS: "",
  };
  const template = readFileSync(join(source, "tests/atlocal.in"), "utf8");
  return {
    atconfig: Object.entries(atconfig)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
    atlocal: template.replace(/@([A-Z0-9_]+)@/g, (whole, name: string) => substitutes[name] ?? whole),
  };
}
