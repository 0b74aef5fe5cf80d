/**
 * The unmodified programs of Open vSwitch and OVN around a switch: databases, northd, ovn-controller, and the switch itself, which is
 * any program with ovs-vswitchd's command line.
 *
 * Invariants: all of them run in the "host" namespace given and keep their files in one directory, so that nothing of the machine's own
 *   OVS is touched; whoever empties the namespace has ended them all.
 */
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError, EXIT_MISSING } from "../control/command-error.ts";
import { inNamespace } from "./namespaces.ts";
import { runProgram, tryProgram } from "./run-program.ts";

const PROGRAMS: Readonly<Record<string, string>> = {
  "ovsdb-server": "openvswitch-switch",
  "ovs-vsctl": "openvswitch-switch",
  "ovn-nbctl": "ovn-central",
  "ovn-northd": "ovn-central",
  "ovn-controller": "ovn-host",
};
const SCHEMAS = {
  conf: "/usr/share/openvswitch/vswitch.ovsschema",
  ovnnb: "/usr/share/ovn/ovn-nb.ovsschema",
  ovnsb: "/usr/share/ovn/ovn-sb.ovsschema",
};
/** Seconds that a client waits for its answer before it gives up. */
const PATIENCE = 30;

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

export class OvnDaemons {
  readonly #namespace: string;
  readonly #directory: string;

  constructor(namespace: string, directory: string) {
    this.#namespace = namespace;
    this.#directory = directory;
  }

  /** `switchProgram`: started as `PROGRAM unix:db.sock --pidfile --log-file --detach -vconsole:off`. */
  *start(switchProgram: string): Generator<() => Promise<unknown>> {
    mkdirSync(this.#directory, { recursive: true });
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      yield () => runProgram(["ovsdb-tool", "create", this.#file(`${name}.db`), schema]);
    }
    yield () => this.#daemon("ovsdb-server", [this.#file("conf.db"), `--remote=p${this.#database("db")}`], "conf");
    for (const name of ["ovnnb", "ovnsb"]) {
      yield () => this.#daemon("ovsdb-server", [this.#file(`${name}.db`), `--remote=p${this.#database(name)}`], name);
    }
    yield () => this.vsctl("--no-wait", "init");
    yield () =>
      this.vsctl(
        ...["--no-wait", "set", "Open_vSwitch", ".", "external_ids:system-id=lab", "external_ids:hostname=lab"],
        `external_ids:ovn-remote="${this.#database("ovnsb")}"`,
        ...["external_ids:ovn-encap-type=geneve", "external_ids:ovn-encap-ip=127.0.0.1"],
        "external_ids:ovn-bridge-datapath-type=netdev",
      );
    yield () => this.#daemon(switchProgram, [this.#database("db")], "ovs-vswitchd");
    const databases = [`--ovnnb-db=${this.#database("ovnnb")}`, `--ovnsb-db=${this.#database("ovnsb")}`];
    yield () => this.#daemon("ovn-northd", databases, "ovn-northd");
    yield () => this.#daemon("ovn-controller", [this.#database("db")], "ovn-controller");
    yield () => this.vsctl(`--timeout=${PATIENCE}`, "wait-until", "Bridge", "br-int");
  }

  vsctl(...words: string[]): Promise<string> {
    return this.run(["ovs-vsctl", `--db=${this.#database("db")}`, ...words]);
  }

  nbctl(...words: string[]): Promise<string> {
    return this.run(["ovn-nbctl", `--db=${this.#database("ovnnb")}`, ...words]);
  }

  /** Resolves when ovn-controller has everything in force that the northbound database says. */
  synchronise(): Promise<string> {
    return this.nbctl(`--timeout=${PATIENCE}`, "--wait=hv", "sync");
  }

  /** Runs one of the tools beside the daemons: ovs-ofctl, ovs-appctl … */
  run(command: readonly string[]): Promise<string> {
    return runProgram(inNamespace(this.#namespace, ["env", ...this.#environment(), ...command]));
  }

  #daemon(program: string, words: readonly string[], name: string): Promise<string> {
    const files = [`--pidfile=${this.#file(`${name}.pid`)}`, `--log-file=${this.#file(`${name}.log`)}`];
    // ovs-appctl finds the switch by its process id; the databases would all want the same control socket.
    const control = program === "ovsdb-server" ? [`--unixctl=${this.#file(`${name}.ctl`)}`] : [];
    return this.run([program, ...words, ...files, ...control, "--detach", "-vconsole:off"]);
  }

  #database(name: string): string {
    return `unix:${this.#file(`${name}.sock`)}`;
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #environment(): string[] {
    const names = ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR", "OVN_RUNDIR", "OVN_DBDIR", "OVN_LOGDIR"];
    return names.map((name) => `${name}=${this.#directory}`);
  }
}
