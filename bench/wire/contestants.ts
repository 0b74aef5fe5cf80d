/**
 * The switches that are compared over the wire: each joins two namespaces, "left" 10.77.0.1 and "right" 10.77.0.2, on a device
 * called left0 or right0 there. Only one is up at a time; all of it lives in namespaces of its own names and goes with `down`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { addNamespace, inNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { identify, terminate } from "../../src/lab/processes.ts";
import { runProgram } from "../../src/lab/run-program.ts";

/** Namespaces; the device in each has its side's name in `DEVICES`. */
export interface Wire {
  readonly left: string;
  readonly right: string;
}

export interface Contestant {
  readonly name: string;
  /** Why it cannot take part on this machine. */
  missing(): string | undefined;
  up(): Promise<Wire>;
  down(): Promise<void>;
}

export const DEVICES = { left: "left0", right: "right0" };
/** The switch has processor 0 for itself, senders and receivers share processor 1: as many for each contestant. */
export const onSwitchCore = (command: readonly string[]): string[] => ["taskset", "-c", "0", ...command];
export const onOtherCore = (command: readonly string[]): string[] => ["taskset", "-c", "1", ...command];

export const RIGHT_ADDRESS = "10.77.0.2";
const OVSDB_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
let count = 0;

abstract class Rig implements Contestant {
  abstract readonly name: string;
  readonly prefix = `mfb${process.pid}x${count++}`;
  readonly home = `${this.prefix}-switch`;
  readonly left = `${this.prefix}-left`;
  readonly right = `${this.prefix}-right`;
  readonly children: ChildProcess[] = [];

  missing(): string | undefined {
    return process.getuid?.() === 0 ? undefined : "needs root";
  }

  protected abstract connect(): Promise<void>;

  async up(): Promise<Wire> {
    try {
      for (const name of [this.home, this.left, this.right]) await addNamespace(name);
      await this.connect();
      await this.#address(this.left, DEVICES.left, "10.77.0.1/24");
      await this.#address(this.right, DEVICES.right, `${RIGHT_ADDRESS}/24`);
      await runInNamespace(this.left, ["ping", "-c", "3", "-i", "0.2", "-w", "10", RIGHT_ADDRESS]);
    } catch (error) {
      await this.down();
      throw error;
    }
    return { left: this.left, right: this.right };
  }

  async down(): Promise<void> {
    for (const child of this.children.splice(0)) {
      child.stdin?.end();
      if (child.exitCode === null) await terminate(identify(child.pid!));
    }
    await removeNamespaces([this.home, this.left, this.right]);
  }

  /** veth pairs whose far ends are "pl" and "pr" in the switch's namespace. */
  protected async vethPairs(): Promise<void> {
    for (const [end, namespace, device] of [
      ["pl", this.left, DEVICES.left],
      ["pr", this.right, DEVICES.right],
    ]) {
      await ip("-n", this.home, "link", "add", end, "type", "veth", "peer", "name", device, "netns", namespace);
      await ip("-n", this.home, "link", "set", end, "up");
    }
  }

  async #address(namespace: string, device: string, address: string): Promise<void> {
    await ip("-n", namespace, "addr", "add", address, "dev", device);
    await ip("-n", namespace, "link", "set", device, "up");
  }
}

class Megaflow extends Rig {
  readonly name: string;
  readonly #ports: "tap" | "veth";

  constructor(ports: "tap" | "veth") {
    super();
    this.#ports = ports;
    this.name = `megaflow ${ports}`;
  }

  protected async connect(): Promise<void> {
    if (this.#ports === "veth") await this.vethPairs();
    const script = join(import.meta.dirname, "switch-process.ts");
    const ports =
      this.#ports === "tap"
        ? ["tap", `${this.left}:${DEVICES.left}`, `${this.right}:${DEVICES.right}`]
        : ["system", "pl", "pr"];
    const [program, ...words] = inNamespace(this.home, onSwitchCore([process.execPath, script, ...ports]));
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.children.push(child);
    await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      once(child, "exit").then(() => {
        throw new Error(`${this.name} ended before it was ready`);
      }),
    ]);
  }
}

/** OVS on its userspace datapath, from Debian's packages. */
class OpenVswitch extends Rig {
  readonly name: string;
  readonly #segmentation: boolean;
  #directory: string | undefined;

  /** `segmentation`: userspace-tso-enable; otherwise transmit offloads are off in the hosts, which it needs then. */
  constructor(segmentation: boolean) {
    super();
    this.#segmentation = segmentation;
    this.name = segmentation ? "ovs userspace, tso" : "ovs userspace";
  }

  override missing(): string | undefined {
    if (!existsSync(OVSDB_SCHEMA)) return "needs the Debian package openvswitch-switch";
    return super.missing();
  }

  protected async connect(): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
    this.#directory = directory;
    await this.vethPairs();
    if (!this.#segmentation) {
      const script = join(import.meta.dirname, "../../src/lab/offloads.ts");
      await runInNamespace(this.left, [process.execPath, script, DEVICES.left, "off"]);
      await runInNamespace(this.right, [process.execPath, script, DEVICES.right, "off"]);
    }
    const database = `unix:${directory}/db.sock`;
    await runProgram(["ovsdb-tool", "create", `${directory}/conf.db`, OVSDB_SCHEMA]);
    await this.#daemon(["ovsdb-server", `${directory}/conf.db`, `--remote=p${database}`], "ovsdb-server");
    const vsctl = (...words: string[]) => runProgram(["ovs-vsctl", `--db=${database}`, ...words]);
    await vsctl("--no-wait", "init");
    const key = "other_config:userspace-tso-enable";
    await vsctl("--no-wait", "set", "Open_vSwitch", ".", `${key}=${this.#segmentation}`);
    await this.#daemon(inNamespace(this.home, onSwitchCore(["ovs-vswitchd", database])), "ovs-vswitchd");
    await vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    await vsctl("add-port", "br0", "pl", "--", "add-port", "br0", "pr");
  }

  async #daemon(command: readonly string[], name: string): Promise<void> {
    const words = [`--pidfile=${this.#directory}/${name}.pid`, "--detach", `--log-file=${this.#directory}/${name}.log`];
    await runProgram(["env", `OVS_RUNDIR=${this.#directory}`, ...command, ...words, "-vconsole:off"]);
  }

  override async down(): Promise<void> {
    if (this.#directory) {
      for (const name of ["ovs-vswitchd", "ovsdb-server"]) {
        const file = `${this.#directory}/${name}.pid`;
        if (existsSync(file)) await terminate(identify(Number(readFileSync(file, "utf8"))));
      }
      rmSync(this.#directory, { recursive: true, force: true });
      this.#directory = undefined;
    }
    await super.down();
  }
}

/** Fresh ones, ours first. */
export function contestants(): Contestant[] {
  return [new Megaflow("tap"), new Megaflow("veth"), new OpenVswitch(true), new OpenVswitch(false)];
}
