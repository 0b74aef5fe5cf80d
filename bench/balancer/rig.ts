/**
 * The lab's three hosts in namespaces of their own, for whoever balances between them: two servers and a client that calls
 * 1.1.1.50:8000. Only one is up at a time; `down` takes everything away, also after a failure.
 */
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { HOSTS, type LabHost, PREFIX_LENGTH } from "../../src/lab/topology.ts";
import type { Contestant, Kind } from "../bench.ts";
import { lacks } from "../install.ts";

const OFFLOADS = new URL("../../src/lab/offloads.ts", import.meta.url).pathname;
/** The client's source ports: few enough that they are used again and again. */
const CLIENT_PORTS = "20000 33999";
let count = 0;

export abstract class BalancerContestant implements Contestant {
  abstract readonly name: string;
  abstract readonly kind: Kind;
  readonly prefix = `mfl${process.pid}x${count++}`;
  readonly home = `${this.prefix}-switch`;

  missing(): string | undefined {
    return lacks(this.kind);
  }

  namespace(host: LabHost["name"]): string {
    return `${this.prefix}-${host}`;
  }

  get client(): string {
    return this.namespace("ns3");
  }

  /** Process of the switch, when it is one. */
  get pid(): number | undefined {
    return undefined;
  }

  /** Gives each host its device (`deviceOf`) with a switch behind it. */
  protected abstract connect(): Promise<void>;

  protected deviceOf(host: LabHost): string {
    return host.peer;
  }

  async up(): Promise<void> {
    try {
      for (const name of [this.home, ...HOSTS.map((host) => this.namespace(host.name))]) {
        await addNamespace(name);
        await runInNamespace(name, ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"]);
      }
      await this.connect();
      for (const host of HOSTS) {
        const [namespace, device] = [this.namespace(host.name), this.deviceOf(host)];
        await ip("-n", namespace, "addr", "add", `${host.address}/${PREFIX_LENGTH}`, "dev", device);
        await ip("-n", namespace, "link", "set", device, "up");
        await ip("-n", namespace, "route", "add", "default", "via", host.gateway);
      }
      await runInNamespace(this.client, ["sh", "-c", `echo ${CLIENT_PORTS} >/proc/sys/net/ipv4/ip_local_port_range`]);
      for (const { address, says } of HOSTS) {
        if (says !== undefined)
          await runInNamespace(this.client, ["ping", "-c", "3", "-i", "0.2", "-w", "10", address]);
      }
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  async down(): Promise<void> {
    await removeNamespaces([this.home, ...HOSTS.map((host) => this.namespace(host.name))]);
  }

  protected async vethPairs(): Promise<void> {
    for (const host of HOSTS) {
      await ip(
        ...["-n", this.home, "link", "add", host.port, "type", "veth"],
        ...["peer", "name", host.peer, "netns", this.namespace(host.name), "address", host.mac],
      );
      await ip("-n", this.home, "link", "set", host.port, "up");
    }
  }

  protected async turnOffloadsOff(): Promise<void> {
    for (const host of HOSTS) {
      await runInNamespace(this.namespace(host.name), [process.execPath, OFFLOADS, this.deviceOf(host), "off"]);
    }
  }
}
