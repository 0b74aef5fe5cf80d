/**
 * Hosts in namespaces of their own around whatever forwards between them: what every contestant on the wire has in common.
 *
 * Invariants: only one is up at a time; all of it lives in namespaces of its own names and goes with `down`, also after a failure.
 *   A host's device has the name of the switch's port it is plugged into. Hosts have no IPv6, so that nothing is sent but what
 *   the benchmark sends.
 */
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { type Contestant, check, type Kind } from "../bench.ts";
import { lacks } from "../install.ts";
import type { Forwarder } from "./forwarder.ts";

const OFFLOADS = new URL("../../src/lab/offloads.ts", import.meta.url).pathname;
const PREFIX_LENGTH = 24;
const NO_IPV6 = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";

export interface Host {
  readonly name: string;
  /** The switch's port and the host's device. */
  readonly port: string;
  readonly ofport: number;
  readonly address: string;
  readonly gateway?: string;
  readonly mac?: string;
}

export interface PlacedHost extends Host {
  readonly namespace: string;
}

export interface Network {
  readonly hosts: readonly Host[];
  /** Name of the host that calls. */
  readonly caller: string;
  /** What it must reach before anything is measured. */
  readonly targets: readonly string[];
}

let count = 0;

export class NetworkContestant implements Contestant {
  readonly name: string;
  readonly kind: Kind;
  readonly forwarder: Forwarder;
  readonly home: string;
  readonly hosts: readonly PlacedHost[];
  readonly #network: Network;
  /** Devices are made with them on. */
  #offloads = true;

  constructor(network: Network, forwarder: Forwarder, name = forwarder.name) {
    const prefix = `mfb${process.pid}x${count++}`;
    this.name = name;
    this.kind = forwarder.kind;
    this.forwarder = forwarder;
    this.home = `${prefix}-switch`;
    this.hosts = network.hosts.map((host) => ({ ...host, namespace: `${prefix}-${host.name}` }));
    this.#network = network;
  }

  missing(): string | undefined {
    return this.forwarder.missing() ?? lacks(this.kind);
  }

  namespace(name: string): string {
    return this.host(name).namespace;
  }

  host(name: string): PlacedHost {
    return this.hosts.find((host) => host.name === name)!;
  }

  /** Process of the switch, when it is one. */
  get pid(): number | undefined {
    return this.forwarder.pid;
  }

  async up(): Promise<void> {
    const caller = this.namespace(this.#network.caller);
    try {
      for (const name of this.#namespaces()) {
        await addNamespace(name);
        await runInNamespace(name, ["sh", "-c", NO_IPV6]);
      }
      this.#offloads = true;
      if (this.forwarder.devices === "veth") await this.#vethPairs();
      await this.forwarder.start(this.home, this.hosts);
      for (const host of this.hosts) await configure(host);
      if (!this.forwarder.supports(true)) await this.setOffloads(false);
      for (const target of this.#network.targets) {
        await runInNamespace(caller, ["ping", "-c", "3", "-i", "0.2", "-w", "10", target]);
      }
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  async down(): Promise<void> {
    await this.forwarder.stop();
    await removeNamespaces(this.#namespaces());
  }

  /** The hosts' transmit offloads: checksums and segmentation. */
  async setOffloads(on: boolean): Promise<void> {
    if (on === this.#offloads) return;
    this.#offloads = on;
    for (const { namespace, port } of this.hosts) {
      await runInNamespace(namespace, [process.execPath, OFFLOADS, port, on ? "on" : "off"]);
    }
  }

  /** Hardware address that a host's frames for an address go to, from its neighbour table (ping has filled it). */
  async nextHop({ name, namespace }: PlacedHost, address: string): Promise<string> {
    const [route] = JSON.parse(await ip("-n", namespace, "-j", "route", "get", address));
    const neighbours = JSON.parse(await ip("-n", namespace, "-j", "neigh", "show"));
    const next = route.gateway ?? address;
    const lladdr = neighbours.find(({ dst }: { dst: string }) => dst === next)?.lladdr;
    check(lladdr !== undefined, `the host ${name} does not know the hardware address of ${next}`);
    return lladdr;
  }

  #namespaces(): string[] {
    return [this.home, ...this.hosts.map(({ namespace }) => namespace)];
  }

  async #vethPairs(): Promise<void> {
    for (const { port, namespace } of this.hosts) {
      await ip("-n", this.home, "link", "add", port, "type", "veth", "peer", "name", port, "netns", namespace);
      await ip("-n", this.home, "link", "set", port, "up");
    }
  }
}

async function configure({ namespace, port, address, gateway, mac }: PlacedHost): Promise<void> {
  if (mac !== undefined) await ip("-n", namespace, "link", "set", port, "address", mac);
  await ip("-n", namespace, "addr", "add", `${address}/${PREFIX_LENGTH}`, "dev", port);
  await ip("-n", namespace, "link", "set", port, "up");
  if (gateway !== undefined) await ip("-n", namespace, "route", "add", "default", "via", gateway);
}
