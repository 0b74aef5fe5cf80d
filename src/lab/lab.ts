/**
 * One lab: namespaces, a daemon in a namespace of its own, ports, the logical network, web servers.
 *
 * Invariants: everything made carries the lab's prefix and lives in namespaces made here, nothing happens in the
 *   machine's own; the state file names it all before it exists, so `takeDown` works after a failure at any step.
 * The switch ends of veth pairs live in the daemon's namespace: names like veth1 collide with nothing.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askDaemon } from "../control/client.ts";
import { CommandError } from "../control/command-error.ts";
import type { ControlRequest } from "../control/protocol.ts";
import { controlSocket } from "../control/run-directory.ts";
import { answers } from "../control/server.ts";
import { type CurlResult, curl } from "./curl.ts";
import { addNamespace, inNamespace, ip, runInNamespace } from "./namespaces.ts";
import { checkOptions, DEFAULT_OPTIONS, type LabOptions } from "./options.ts";
import { identify, startProcess } from "./processes.ts";
import { checkRequirements } from "./requirements.ts";
import { abandonedLabs, findState, type LabState, takeDown, writeState } from "./state.ts";
import {
  CLIENT,
  clientAddresses,
  HOSTS,
  type LabHost,
  LOAD_BALANCER,
  PREFIX_LENGTH,
  SERVERS,
  VIP,
  WEB_PORT,
} from "./topology.ts";

export interface LabPlace {
  /** Namespaces are called PREFIX-ns1 …; default mfPID. */
  readonly prefix?: string;
  /** The lab's run directory. */
  readonly directory: string;
  /** true: it outlives this process. */
  readonly stays: boolean;
}

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const WEB_SERVER = fileURLToPath(new URL("./web-server.ts", import.meta.url));
const OFFLOADS = fileURLToPath(new URL("./offloads.ts", import.meta.url));
const BLOG = fileURLToPath(new URL("./blog.nbctl", import.meta.url));

export class Lab {
  readonly state: LabState;

  constructor(state: LabState) {
    this.state = state;
  }

  /**
   * Builds a lab; when anything fails, or `signal` aborts, what was made is taken down before the error goes on.
   * @throws CommandError saying what is missing or which step failed.
   */
  static async up(options: Partial<LabOptions>, place: LabPlace, signal?: AbortSignal): Promise<Lab> {
    const wanted = checkOptions({ ...DEFAULT_OPTIONS, ...options });
    checkRequirements(wanted.ports);
    const { directory, stays, prefix = `mf${process.pid}` } = place;
    if (findState(directory))
      throw new CommandError(`a lab is already up in ${directory}: "megaflow lab down" ends it`);
    if (await answers(controlSocket(directory))) {
      throw new CommandError(
        `a megaflow daemon already answers at ${controlSocket(directory)}: stop it, or set MEGAFLOW_RUNDIR`,
      );
    }
    const lab = new Lab({
      prefix,
      directory,
      owner: stays ? undefined : identify(process.pid),
      namespaces: [...HOSTS.map(({ name }) => name), "switch"].map((name) => `${prefix}-${name}`),
      options: wanted,
    });
    mkdirSync(directory, { recursive: true });
    writeState(lab.state);
    try {
      for (const step of lab.#steps()) {
        signal?.throwIfAborted();
        await step();
      }
      signal?.throwIfAborted();
    } catch (error) {
      await lab.down();
      throw error;
    }
    return lab;
  }

  *#steps(): Generator<() => Promise<unknown>> {
    const { namespaces, options } = this.state;
    for (const name of namespaces) yield () => addNamespace(name);
    yield () => this.#startDaemon();
    for (const host of HOSTS) yield () => this.#plug(host);
    yield () => this.#installRules();
    for (const address of clientAddresses(options.clients).slice(1)) {
      yield () => this.#addAddress(CLIENT, address);
    }
    for (const server of SERVERS) yield () => this.#startWebServer(server);
  }

  namespace(name: LabHost["name"] | "switch"): string {
    return `${this.state.prefix}-${name}`;
  }

  get socket(): string {
    return controlSocket(this.state.directory);
  }

  get url(): string {
    return `http://${VIP}:${WEB_PORT}/`;
  }

  get daemonLog(): string {
    return readFileSync(join(this.state.directory, "daemon.log"), "utf8");
  }

  /** The device in the host's namespace. */
  device(host: LabHost): string {
    return this.state.options.ports === "tap" ? host.port : host.peer;
  }

  /** Sends a command to the lab's daemon. */
  ask(command: string, words: readonly string[] = [], options: ControlRequest["options"] = {}): Promise<string> {
    return askDaemon(this.socket, command, words, options);
  }

  /** `count` curls, one after the other, the clients in turn. */
  async curls(
    count: number,
    onResult: (result: CurlResult) => void = () => {},
    signal?: AbortSignal,
  ): Promise<CurlResult[]> {
    const addresses = clientAddresses(this.state.options.clients);
    const results: CurlResult[] = [];
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted();
      const client = addresses[index % addresses.length];
      const result = await curl({ namespace: this.namespace("ns3"), url: this.url, client, signal });
      results.push(result);
      onResult(result);
    }
    return results;
  }

  down(): Promise<void> {
    return takeDown(this.state);
  }

  /** Starts a program of this project in one of the lab's namespaces and waits for its first line. */
  start(
    host: LabHost["name"] | "switch",
    script: string,
    words: readonly string[],
    environment?: Record<string, string>,
  ) {
    const namespace = this.namespace(host);
    return startProcess({
      name: `${script.split("/").at(-1)} in ${namespace}`,
      command: inNamespace(namespace, [process.execPath, script, ...words]),
      logFile: join(this.state.directory, host === "switch" ? "daemon.log" : `${namespace}.log`),
      stays: this.state.owner === undefined,
      environment,
    });
  }

  async #startDaemon(): Promise<void> {
    // Devices of this namespace only carry frames: nothing of the host's own stack may speak on them.
    await runInNamespace(this.namespace("switch"), ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"]);
    const words = ["daemon", "--select", this.state.options.select];
    if (this.state.options.hwOffload) words.push("--hw-offload");
    await this.start("switch", MAIN, words, { MEGAFLOW_RUNDIR: this.state.directory });
  }

  /** Gives the host its device, addresses and route, and the switch the port. */
  async #plug(host: LabHost): Promise<void> {
    const { ports, mtu, offloads } = this.state.options;
    const namespace = this.namespace(host.name);
    const device = this.device(host);
    if (ports === "tap") {
      await this.#addPort(host, { kind: "tap", namespace, mac: host.mac, mtu });
    } else {
      const home = this.namespace("switch");
      await ip(
        ...["-n", home, "link", "add", host.port, "mtu", String(mtu), "type", "veth"],
        ...["peer", "name", device, "netns", namespace, "address", host.mac, "mtu", String(mtu)],
      );
      if (!offloads) await runInNamespace(namespace, [process.execPath, OFFLOADS, device, "off"]);
      await ip("-n", home, "link", "set", host.port, "up");
      await this.#addPort(host, { kind: "system", io: ports === "af_xdp" ? ports : "packet" });
    }
    await this.#addAddress(host, host.address);
    await ip("-n", namespace, "link", "set", device, "up");
    await ip("-n", namespace, "route", "add", "default", "via", host.gateway);
  }

  async #addPort(host: LabHost, options: ControlRequest["options"]): Promise<void> {
    await this.ask("ports add", [host.port], {
      ...options,
      offloads: this.state.options.offloads,
      ofport: host.ofport,
      "iface-id": host.logicalPort,
    });
  }

  async #addAddress(host: LabHost, address: string): Promise<void> {
    await ip("-n", this.namespace(host.name), "addr", "add", `${address}/${PREFIX_LENGTH}`, "dev", this.device(host));
  }

  async #installRules(): Promise<void> {
    const { rules, selectionFields } = this.state.options;
    if (rules !== undefined) {
      await this.ask("rules", [rules]);
      return;
    }
    await this.ask("nbctl", [], { script: readFileSync(BLOG, "utf8") });
    if (selectionFields.length > 0) {
      await this.ask("nbctl", ["set", "Load_Balancer", LOAD_BALANCER, `selection_fields=${selectionFields.join(",")}`]);
    }
  }

  async #startWebServer(server: LabHost): Promise<void> {
    await this.start(server.name, WEB_SERVER, ["--port", String(WEB_PORT), "--text", server.says!]);
  }
}

/** Takes down labs below a run directory whose command was killed before it could. */
export async function sweepAbandoned(directory: string): Promise<string[]> {
  const labs = abandonedLabs(directory);
  for (const lab of labs) await takeDown(lab);
  return labs.map(({ prefix }) => prefix);
}
