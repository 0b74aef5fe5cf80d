/**
 * A network namespace with the stock ovsdb-server and our ovs-vswitchd in it, and the OVS tools to talk to them. Whatever a
 * test does, nothing of it is left behind.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addNamespace, inNamespace, ip, removeNamespaces } from "../../../src/lab/namespaces.ts";
import { type ProgramResult, tryProgram } from "../../../src/lab/run-program.ts";

export const PROGRAM = fileURLToPath(new URL("../../../src/cli/ovs-vswitchd", import.meta.url));
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
let worlds = 0;

export class World {
  readonly namespace = `mv${process.pid}x${++worlds}`;
  readonly directory = mkdtempSync(join(tmpdir(), "vswitchd-"));
  readonly hosts: string[] = [];

  /** The namespace, and in it the database's server with an empty database. */
  async create(): Promise<void> {
    await addNamespace(this.namespace);
    await this.run("ovsdb-tool", "create", this.file("conf.db"), SCHEMA);
    await this.startDatabase();
    await this.vsctl("--no-wait", "init");
  }

  async remove(): Promise<void> {
    await removeNamespaces([...this.hosts, this.namespace]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** Runs a program in the namespace with OVS's directories; a status other than 0 is a result. */
  try(...command: string[]): Promise<ProgramResult> {
    const variables = ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"].map(
      (name) => `${name}=${this.directory}`,
    );
    return tryProgram(inNamespace(this.namespace, ["env", ...variables, ...command]));
  }

  /** As `try`; must succeed and say nothing on stderr. */
  async run(...command: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.try(...command);
    if (status !== 0 || stderr !== "") throw new Error(`${command.join(" ")}: status ${status}, said: ${stderr}`);
    return stdout;
  }

  vsctl(...words: string[]): Promise<string> {
    return this.run("ovs-vsctl", "--timeout=10", ...words);
  }

  appctl(...words: string[]): Promise<string> {
    return this.run("ovs-appctl", "-t", "ovs-vswitchd", ...words);
  }

  /** A column of an Interface row. */
  async interface(name: string, column: string): Promise<string> {
    return (await this.vsctl("get", "Interface", name, column)).trim();
  }

  startDatabase(): Promise<string> {
    return this.run(
      ...["ovsdb-server", "-vconsole:off", this.file("conf.db"), `--remote=punix:${this.file("db.sock")}`],
      ...["--pidfile", "--log-file", "--detach"],
    );
  }

  /** The stock server gives up its socket before this returns. */
  async stopDatabase(): Promise<void> {
    await this.run("ovs-appctl", "-t", "ovsdb-server", "exit");
  }

  start(...options: string[]): Promise<string> {
    return this.run(PROGRAM, "--detach", "--no-chdir", "--pidfile", "--log-file", ...options);
  }

  get pid(): number {
    return Number(readFileSync(this.file("ovs-vswitchd.pid"), "utf8"));
  }

  get log(): string {
    return readFileSync(this.file("ovs-vswitchd.log"), "utf8");
  }

  /** A veth pair: `port` in the switch's namespace, the other end with an address in a namespace of its own. */
  async addHost(port: string, address: string): Promise<string> {
    const host = `${this.namespace}-${port}`;
    this.hosts.push(host);
    await addNamespace(host);
    await ip("-n", this.namespace, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host);
    await ip("-n", this.namespace, "link", "set", port, "up");
    await ip("-n", host, "address", "add", address, "dev", "eth0");
    await ip("-n", host, "link", "set", "eth0", "up");
    return host;
  }
}

export async function withVswitchd(body: (world: World) => Promise<void>, started = true): Promise<void> {
  const world = new World();
  try {
    await world.create();
    if (started) await world.start();
    await body(world);
  } catch (error) {
    const log = existsSync(world.file("ovs-vswitchd.log")) ? `\n${world.log}` : "";
    throw new Error(`${(error as Error).message}${log}`, { cause: error });
  } finally {
    await world.remove();
  }
}
