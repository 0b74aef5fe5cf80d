/**
 * Open vSwitch from Debian's packages on its userspace datapath, in a namespace and a folder of its own: nothing of a switch that
 * may run on this machine is touched.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inNamespace } from "../../src/lab/namespaces.ts";
import { identify, type ProcessIdentity, terminate } from "../../src/lab/processes.ts";
import { runProgram } from "../../src/lab/run-program.ts";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

export interface OvsSettings {
  /** userspace-tso-enable; without it hosts must not leave checksums to the device. */
  readonly segmentation: boolean;
}

export interface OvsPort {
  readonly device: string;
  readonly ofport: number;
  /** "internal": made by OVS. */
  readonly type?: string;
}

export class OvsInstance {
  readonly #namespace: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  /** Words in front of ovs-vswitchd's command line: taskset. */
  readonly #before: readonly string[];

  constructor(namespace: string, before: readonly string[] = []) {
    this.#namespace = namespace;
    this.#before = before;
  }

  get #database(): string {
    return `unix:${this.#directory}/db.sock`;
  }

  async startDatabase({ segmentation }: OvsSettings): Promise<void> {
    await runProgram(["ovsdb-tool", "create", `${this.#directory}/conf.db`, SCHEMA]);
    await this.#daemon(["ovsdb-server", `${this.#directory}/conf.db`, `--remote=p${this.#database}`], "ovsdb-server");
    await this.vsctl("--no-wait", "init");
    await this.vsctl("--no-wait", "set", "Open_vSwitch", ".", `other_config:userspace-tso-enable=${segmentation}`);
  }

  async startSwitch(): Promise<ProcessIdentity> {
    const command = inNamespace(this.#namespace, [...this.#before, "ovs-vswitchd", this.#database]);
    await this.#daemon(command, "ovs-vswitchd");
    return identify(this.#pid("ovs-vswitchd")!);
  }

  /** A bridge br0 with these devices as its ports, numbered as given; it forwards as a learning switch until told otherwise. */
  async addBridge(ports: readonly OvsPort[]): Promise<void> {
    await this.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    for (const { device, ofport, type } of ports) {
      const columns = [`ofport_request=${ofport}`, ...(type === undefined ? [] : [`type=${type}`])];
      await this.vsctl("add-port", "br0", device, "--", "set", "Interface", device, ...columns);
    }
  }

  vsctl(...words: string[]): Promise<string> {
    return runProgram(["ovs-vsctl", `--db=${this.#database}`, ...words]);
  }

  ofctl(...words: string[]): Promise<string> {
    const [command, bridge, ...rest] = words;
    return runProgram(["ovs-ofctl", "-O", "OpenFlow15", command, `unix:${this.#directory}/${bridge}.mgmt`, ...rest]);
  }

  appctl(...words: string[]): Promise<string> {
    const target = `${this.#directory}/ovs-vswitchd.${this.#pid("ovs-vswitchd")}.ctl`;
    return runProgram(["ovs-appctl", "-t", target, ...words]);
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
