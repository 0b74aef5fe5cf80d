/**
 * The blog's lab with OVN itself as the control plane: its commands, typed at the real tools, drive the switch program given.
 *
 * Invariants: as lab.ts: all that is made carries the lab's prefix, lives in namespaces made here and is in the state file before it
 *   exists. The hosts' transmit offloads stay on unless `offloads` says otherwise.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scriptLines } from "../northbound/commands/script-lines.ts";
import { type CurlResult, curl } from "./curl.ts";
import { addNamespace, inNamespace, ip, runInNamespace } from "./namespaces.ts";
import { DEFAULT_OPTIONS } from "./options.ts";
import { OvnDaemons } from "./ovn-daemons.ts";
import { identify, startProcess } from "./processes.ts";
import { checkRequirements } from "./requirements.ts";
import { type LabState, takeDown, writeState } from "./state.ts";
import { CLIENT, HOSTS, type LabHost, PREFIX_LENGTH, SERVERS, VIP, WEB_PORT } from "./topology.ts";

export interface OvnLabOptions {
  /** A program with ovs-vswitchd's command line: ours, or the real one. */
  readonly switchProgram: string;
  /** false: transmit offloads are turned off in the hosts, as real OVS's userspace datapath needs. */
  readonly offloads: boolean;
}

export const OUR_SWITCH = fileURLToPath(new URL("../cli/ovs-vswitchd", import.meta.url));
const WEB_SERVER = fileURLToPath(new URL("./web-server.ts", import.meta.url));
const OFFLOADS = fileURLToPath(new URL("./offloads.ts", import.meta.url));
const BLOG = fileURLToPath(new URL("./blog.nbctl", import.meta.url));
const BRIDGE = "br-int";

export class OvnLab {
  readonly state: LabState;
  readonly daemons: OvnDaemons;
  readonly #options: OvnLabOptions;

  constructor(state: LabState, options: OvnLabOptions) {
    this.state = state;
    this.#options = options;
    this.daemons = new OvnDaemons(this.namespace("host"), state.directory);
  }

  /**
   * Builds the lab below `directory`; when anything fails, or `signal` aborts, what was made is taken down before the error goes on.
   * @throws CommandError saying what is missing or which step failed.
   */
  static async up(options: OvnLabOptions, directory: string, signal?: AbortSignal): Promise<OvnLab> {
    checkRequirements("veth");
    const prefix = `mfo${process.pid}`;
    const state: LabState = {
      prefix,
      directory,
      owner: identify(process.pid),
      namespaces: [...HOSTS.map(({ name }) => name), "host"].map((name) => `${prefix}-${name}`),
      options: { ...DEFAULT_OPTIONS, ports: "veth", offloads: options.offloads },
    };
    const lab = new OvnLab(state, options);
    mkdirSync(directory, { recursive: true });
    writeState(state);
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

  namespace(name: LabHost["name"] | "host"): string {
    return `${this.state.prefix}-${name}`;
  }

  /** `count` curls, one after the other. */
  async curls(
    count: number,
    onResult: (result: CurlResult) => void = () => {},
    signal?: AbortSignal,
  ): Promise<CurlResult[]> {
    const results: CurlResult[] = [];
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted();
      const url = `http://${VIP}:${WEB_PORT}/`;
      const result = await curl({ namespace: this.namespace("ns3"), url, client: CLIENT.address, signal });
      results.push(result);
      onResult(result);
    }
    return results;
  }

  down(): Promise<void> {
    return takeDown(this.state);
  }

  *#steps(): Generator<() => Promise<unknown>> {
    for (const name of this.state.namespaces) yield () => addNamespace(name);
    yield* this.daemons.start(this.#options.switchProgram);
    for (const words of scriptLines(readFileSync(BLOG, "utf8"))) yield () => this.daemons.nbctl(...words);
    for (const host of HOSTS) yield () => this.#plug(host);
    for (const server of SERVERS) yield () => this.#startWebServer(server);
    yield () => this.daemons.synchronise();
  }

  /** The blog's veth pair, and its two ovs-vsctl commands. */
  async #plug(host: LabHost): Promise<void> {
    const namespace = this.namespace(host.name);
    await ip(
      ...["-n", this.namespace("host"), "link", "add", host.port, "type", "veth"],
      ...["peer", "name", host.peer, "netns", namespace, "address", host.mac],
    );
    if (!this.#options.offloads) await runInNamespace(namespace, [process.execPath, OFFLOADS, host.peer, "off"]);
    await ip("-n", this.namespace("host"), "link", "set", host.port, "up");
    await ip("-n", namespace, "addr", "add", `${host.address}/${PREFIX_LENGTH}`, "dev", host.peer);
    await ip("-n", namespace, "link", "set", host.peer, "up");
    await ip("-n", namespace, "route", "add", "default", "via", host.gateway);
    await this.daemons.vsctl("--timeout=20", "add-port", BRIDGE, host.port);
    await this.daemons.vsctl("set", "Interface", host.port, `external_ids:iface-id=${host.logicalPort}`);
  }

  #startWebServer(server: LabHost): Promise<unknown> {
    const namespace = this.namespace(server.name);
    const words = [process.execPath, WEB_SERVER, "--port", String(WEB_PORT), "--text", server.says!];
    return startProcess({
      name: `web server in ${namespace}`,
      command: inNamespace(namespace, words),
      logFile: join(this.state.directory, `${namespace}.log`),
      stays: false,
    });
  }
}
