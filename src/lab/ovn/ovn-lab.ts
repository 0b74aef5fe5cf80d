/**
 * The blog's lab with OVN itself as the control plane: its commands, typed at the real tools, drive the switch program given, on one
 * chassis, or on two with Geneve between them (the first server on one, the second server and the client on the other).
 *
 * Invariants: as lab.ts: all that is made carries the lab's prefix, lives in namespaces made here and is in the state file before it
 *   exists.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scriptLines } from "../../northbound/commands/script-lines.ts";
import { type CurlOptions, type CurlResult, curl } from "../curl.ts";
import { addNamespace, inNamespace, ip, runInNamespace } from "../namespaces.ts";
import { DEFAULT_OPTIONS } from "../options.ts";
import { identify, type ProcessIdentity, startProcess } from "../processes.ts";
import { checkRequirements } from "../requirements.ts";
import { type LabState, takeDown, writeState } from "../state.ts";
import { CLIENT, HOSTS, type LabHost, SERVERS, VIP, WEB_PORT } from "../topology.ts";
import { OvnCentral } from "./central.ts";
import { OvnChassis, type Underlay } from "./chassis.ts";
import { Daemons } from "./daemons.ts";

export interface OvnLabOptions {
  /** One a chassis. */
  readonly switches: readonly [SwitchOptions] | readonly [SwitchOptions, SwitchOptions];
}

export interface SwitchOptions {
  /** With ovs-vswitchd's command line: ours, or the real one. */
  readonly program: string;
  /** false: the devices around it do not offload transmission, as real OVS's userspace datapath needs. Default true. */
  readonly offloads?: boolean;
  /** The underlay's device and address are on a bridge of the switch's own, as the real one needs it. Default false. */
  readonly bridged?: boolean;
}

/** Ours, with all that it can. */
export const OUR_SWITCH: SwitchOptions = {
  program: fileURLToPath(new URL("../../cli/ovs-vswitchd", import.meta.url)),
};
/** The real one, where Debian has it, with all that it needs. */
export const REAL_SWITCH: SwitchOptions = {
  program: "/usr/lib/openvswitch-switch/ovs-vswitchd",
  offloads: false,
  bridged: true,
};

interface Place {
  readonly prefix?: string;
  readonly directory: string;
}

type HostName = LabHost["name"];

const WEB_SERVER = fileURLToPath(new URL("../web-server.ts", import.meta.url));
const OFFLOADS = fileURLToPath(new URL("../offloads.ts", import.meta.url));
const BLOG = fileURLToPath(new URL("../blog.nbctl", import.meta.url));

/** system-id and namespace of each chassis, and who is there; one chassis has them all. */
const CHASSIS: readonly { readonly name: string; readonly namespace: string; readonly hosts: readonly HostName[] }[] = [
  { name: "master", namespace: "host", hosts: ["ns1"] },
  { name: "slaver", namespace: "host2", hosts: ["ns2", "ns3"] },
];
const UNDERLAY_DEVICE = "eth0";
/** Room for a frame of the hosts' MTU behind Geneve's headers. */
const UNDERLAY_MTU = "1600";

export class OvnLab {
  readonly state: LabState;
  readonly central: OvnCentral;
  readonly chassis: readonly OvnChassis[];
  readonly webServers = new Map<HostName, ProcessIdentity>();
  readonly #options: OvnLabOptions;

  constructor(state: LabState, options: OvnLabOptions) {
    this.state = state;
    this.#options = options;
    this.chassis = options.switches.map(({ program, bridged = false }, index) => {
      const { name, namespace } = CHASSIS[index];
      const underlay: Underlay = {
        device: UNDERLAY_DEVICE,
        address: `172.31.0.${index + 1}`,
        prefixLength: 24,
        bridged,
      };
      return new OvnChassis(new Daemons(`${state.prefix}-${namespace}`, join(state.directory, name)), {
        name,
        switchProgram: program,
        underlay: options.switches.length > 1 ? underlay : undefined,
      });
    });
    this.central = new OvnCentral(this.chassis[0].daemons);
  }

  /**
   * Builds the lab below `directory`; when anything fails, or `signal` aborts, what was made is taken down before the error goes on.
   * @throws CommandError saying what is missing or which step failed.
   */
  static async up(options: OvnLabOptions, place: Place, signal?: AbortSignal): Promise<OvnLab> {
    checkRequirements("veth");
    const { directory, prefix = `mfo${process.pid}` } = place;
    const namespaces = [
      ...HOSTS,
      ...CHASSIS.slice(0, options.switches.length).map(({ namespace: name }) => ({ name })),
    ];
    const state: LabState = {
      prefix,
      directory,
      owner: identify(process.pid),
      namespaces: namespaces.map(({ name }) => `${prefix}-${name}`),
      options: { ...DEFAULT_OPTIONS, ports: "veth" },
    };
    mkdirSync(directory, { recursive: true });
    writeState(state);
    try {
      const lab = new OvnLab(state, options);
      for (const step of lab.#steps()) {
        signal?.throwIfAborted();
        await step();
      }
      signal?.throwIfAborted();
      return lab;
    } catch (error) {
      await takeDown(state);
      throw error;
    }
  }

  namespace(name: HostName): string {
    return `${this.state.prefix}-${name}`;
  }

  /** The chassis that a host is plugged into. */
  chassisOf(name: HostName): OvnChassis {
    return this.chassis.find((_, index) => CHASSIS[index].hosts.includes(name)) ?? this.chassis[0];
  }

  /** One curl of the client's at the virtual address, or what `options` say instead. */
  curl(options: Partial<Omit<CurlOptions, "namespace">> = {}): Promise<CurlResult> {
    const { url = `http://${VIP}:${WEB_PORT}/`, client = CLIENT.address, ...others } = options;
    return curl({ namespace: this.namespace(CLIENT.name), url, client, ...others });
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
      const result = await this.curl({ signal });
      results.push(result);
      onResult(result);
    }
    return results;
  }

  down(): Promise<void> {
    return takeDown(this.state);
  }

  /** Starts a script in a host, and waits for its first line; it ends with this process at the latest. */
  start(name: HostName, script: string, words: readonly string[]): Promise<ProcessIdentity> {
    const namespace = this.namespace(name);
    return startProcess({
      name: `${script.split("/").at(-1)} in ${namespace}`,
      command: inNamespace(namespace, [process.execPath, script, ...words]),
      logFile: join(this.state.directory, `${namespace}.log`),
      stays: false,
    });
  }

  async startWebServer(server: LabHost): Promise<void> {
    const words = ["--port", String(WEB_PORT), "--text", server.says!];
    this.webServers.set(server.name, await this.start(server.name, WEB_SERVER, words));
  }

  *#steps(): Generator<() => Promise<unknown>> {
    for (const name of this.state.namespaces) yield () => addNamespace(name);
    if (this.chassis.length > 1) yield () => this.#layUnderlay();
    yield* this.central.start();
    for (const chassis of this.chassis) yield* chassis.start(this.central.daemons.database("ovnsb"));
    for (const words of scriptLines(readFileSync(BLOG, "utf8"))) yield () => this.central.nbctl(...words);
    for (const host of HOSTS) yield () => this.#plug(host);
    for (const server of SERVERS) yield () => this.startWebServer(server);
    yield () => this.central.synchronise();
  }

  /** A veth pair between the two chassis. */
  async #layUnderlay(): Promise<void> {
    const [first, second] = this.chassis.map(({ daemons }) => daemons.namespace);
    const device = ["name", UNDERLAY_DEVICE, "mtu", UNDERLAY_MTU];
    await ip("link", "add", ...device, "netns", first, "type", "veth", "peer", ...device, "netns", second);
    // A frame that reaches one without offloads must be as it is on a wire, also from the other.
    if (this.#options.switches.every(({ offloads = true }) => offloads)) return;
    for (const namespace of [first, second]) await this.#turnOffloadsOff(namespace, UNDERLAY_DEVICE);
  }

  async #plug(host: LabHost): Promise<void> {
    const namespace = this.namespace(host.name);
    const chassis = this.chassisOf(host.name);
    await chassis.plug(host, namespace);
    const { offloads = true } = this.#options.switches[this.chassis.indexOf(chassis)];
    if (!offloads) await this.#turnOffloadsOff(namespace, host.peer);
  }

  #turnOffloadsOff(namespace: string, device: string): Promise<string> {
    return runInNamespace(namespace, [process.execPath, OFFLOADS, device, "off"]);
  }
}
