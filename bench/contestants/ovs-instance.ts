/**
 * Open vSwitch from Debian's packages on its userspace datapath, in a namespace and a folder of its own: nothing of a switch that
 * may run on this machine is touched.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { inNamespace } from "../../src/lab/namespaces.ts";
import { identify, type ProcessIdentity, terminate } from "../../src/lab/processes.ts";
import { runProgram } from "../../src/lab/run-program.ts";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

/** Columns of Open_vSwitch's other_config. */
export type OvsSettings = Readonly<Record<string, string>>;

export interface OvsPort {
  readonly device: string;
  readonly ofport: number;
  /** "internal": made by OVS; "dpdk": with these arguments. */
  readonly type?: string;
  readonly devargs?: string;
}

export class OvsInstance {
  readonly #namespace: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  /** Words in front of ovs-vswitchd's command line: taskset. */
  readonly #before: readonly string[];
  #program = "ovs-vswitchd";

  constructor(namespace: string, before: readonly string[] = []) {
    this.#namespace = namespace;
    this.#before = before;
  }

  get #database(): string {
    return `unix:${this.#directory}/db.sock`;
  }

  async startDatabase(settings: OvsSettings): Promise<void> {
    await runProgram(["ovsdb-tool", "create", `${this.#directory}/conf.db`, SCHEMA]);
    await this.#daemon(["ovsdb-server", `${this.#directory}/conf.db`, `--remote=p${this.#database}`], "ovsdb-server");
    await this.vsctl("--no-wait", "init");
    await this.set(settings);
  }

  async startSwitch(program = "ovs-vswitchd"): Promise<ProcessIdentity> {
    const command = inNamespace(this.#namespace, [...this.#before, program, this.#database]);
    await this.#daemon(command, "ovs-vswitchd");
    this.#program = basename(program);
    return identify(this.#pid("ovs-vswitchd")!);
  }

  async set(settings: OvsSettings): Promise<void> {
    const columns = Object.entries(settings).map(([name, value]) => `other_config:${name}="${value}"`);
    if (columns.length > 0) await this.vsctl("--no-wait", "set", "Open_vSwitch", ".", ...columns);
  }

  /** A bridge br0 with these devices as its ports, numbered as given; it forwards as a learning switch until told otherwise. */
  async addBridge(ports: readonly OvsPort[]): Promise<void> {
    await this.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    for (const port of ports) await this.addPort(port);
  }

  async addPort({ device, ofport, type, devargs }: OvsPort): Promise<void> {
    const columns = [`ofport_request=${ofport}`];
    if (type !== undefined) columns.push(`type=${type}`);
    if (devargs !== undefined) columns.push(`options:dpdk-devargs="${devargs}"`);
    await this.vsctl("add-port", "br0", device, "--", "set", "Interface", device, ...columns);
  }

  /** ovs-appctl, to the switch. */
  appctl(...words: string[]): Promise<string> {
    const socket = `${this.#directory}/${this.#program}.${this.#pid("ovs-vswitchd")}.ctl`;
    return runProgram(["ovs-appctl", "-t", socket, ...words]);
  }

  vsctl(...words: string[]): Promise<string> {
    return runProgram(["ovs-vsctl", `--db=${this.#database}`, ...words]);
  }

  ofctl(...words: string[]): Promise<string> {
    const [command, bridge, ...rest] = words;
    return runProgram(["ovs-ofctl", "-O", "OpenFlow15", command, `unix:${this.#directory}/${bridge}.mgmt`, ...rest]);
  }

  async stop(): Promise<void> {
    for (const name of ["ovs-vswitchd", "ovsdb-server"]) {
      const pid = this.#pid(name);
      if (pid !== undefined) await terminate(identify(pid));
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #pid(name: string): number | undefined {
    const file = `${this.#directory}/${name}.pid`;
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  }

  async #daemon(command: readonly string[], name: string): Promise<void> {
    const words = [`--pidfile=${this.#directory}/${name}.pid`, "--detach", `--log-file=${this.#directory}/${name}.log`];
    await runProgram(["env", `OVS_RUNDIR=${this.#directory}`, ...command, ...words, "-vconsole:off"]);
  }
}
