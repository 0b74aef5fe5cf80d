/**
 * What all contestants on the wire have in common: two hosts in namespaces of their own, "left" 10.77.0.1 and "right" 10.77.0.2, on
 * devices called left0 and right0, and a third namespace for the switch between them.
 *
 * Invariants: only one is up at a time; all of it lives in namespaces of its own names and goes with `down`, also after a failure.
 *   Hosts have no IPv6, so that nothing is sent but what the benchmark sends.
 */
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import type { Contestant, Kind } from "../bench.ts";
import { check } from "../bench.ts";
import { lacks } from "../install.ts";

export const LEFT = { device: "left0", address: "10.77.0.1" };
export const RIGHT = { device: "right0", address: "10.77.0.2" };
const OFFLOADS = new URL("../../src/lab/offloads.ts", import.meta.url).pathname;
let count = 0;

export abstract class WireContestant implements Contestant {
  abstract readonly name: string;
  abstract readonly kind: Kind;
  readonly prefix = `mfb${process.pid}x${count++}`;
  readonly home = `${this.prefix}-switch`;
  readonly left = `${this.prefix}-left`;
  readonly right = `${this.prefix}-right`;
  /** What the left host calls to reach the right one. */
  get target(): string {
    return RIGHT.address;
  }

  missing(): string | undefined {
    return lacks(this.kind);
  }

  /** Puts the switch between the hosts; `left0` and `right0` exist afterwards. */
  protected abstract connect(): Promise<void>;

  /** Process of the switch, when it is one. */
  get pid(): number | undefined {
    return undefined;
  }

  /** Packets the switch knows that it dropped since it came up; undefined: it cannot tell. */
  async dropped(): Promise<number | undefined> {
    return undefined;
  }

  /** Whether it forwards rightly with the hosts' transmit offloads on, or off. */
  supports(_offloads: boolean): boolean {
    return true;
  }

  async up(): Promise<void> {
    try {
      for (const name of [this.home, this.left, this.right]) {
        await addNamespace(name);
        await runInNamespace(name, ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"]);
      }
      await this.connect();
      await this.configureHosts();
      if (!this.supports(true)) await this.setOffloads(false);
      await runInNamespace(this.left, ["ping", "-c", "3", "-i", "0.2", "-w", "10", this.target]);
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  async down(): Promise<void> {
    await removeNamespaces([this.home, this.left, this.right]);
  }

  protected async configureHosts(): Promise<void> {
    await this.address(this.left, LEFT.device, `${LEFT.address}/24`);
    await this.address(this.right, RIGHT.device, `${RIGHT.address}/24`);
  }

  protected async address(namespace: string, device: string, address: string): Promise<void> {
    await ip("-n", namespace, "addr", "add", address, "dev", device);
    await ip("-n", namespace, "link", "set", device, "up");
  }

  /** veth pairs whose far ends are "pl" and "pr" in the switch's namespace. */
  protected async vethPairs(): Promise<void> {
    for (const [end, namespace, device] of [
      ["pl", this.left, LEFT.device],
      ["pr", this.right, RIGHT.device],
    ]) {
      await ip("-n", this.home, "link", "add", end, "type", "veth", "peer", "name", device, "netns", namespace);
      await ip("-n", this.home, "link", "set", end, "up");
    }
  }

  async setOffloads(on: boolean): Promise<void> {
    const state = on ? "on" : "off";
    await runInNamespace(this.left, [process.execPath, OFFLOADS, LEFT.device, state]);
    await runInNamespace(this.right, [process.execPath, OFFLOADS, RIGHT.device, state]);
  }

  /** Hardware address that frames for the target go to, from the left host's neighbour table (ping has filled it). */
  async nextHop(): Promise<string> {
    const [route] = JSON.parse(await ip("-n", this.left, "-j", "route", "get", this.target));
    const neighbours = JSON.parse(await ip("-n", this.left, "-j", "neigh", "show"));
    const next = route.gateway ?? this.target;
    const lladdr = neighbours.find(({ dst }: { dst: string }) => dst === next)?.lladdr;
    check(lladdr !== undefined, `the left host does not know the hardware address of ${next}`);
    return lladdr;
  }

  async linkCounters(namespace: string, device: string): Promise<LinkCounters> {
    const [link] = JSON.parse(await ip("-n", namespace, "-s", "-j", "link", "show", "dev", device));
    return link.stats64;
  }

  /**
   * Drops that the kernel alone knows of: on the way into the switch and into the right host. What a device refuses to take, its
   * sender is told: the generator does not count it as sent, the switch counts it as dropped.
   */
  async deviceDrops(): Promise<number> {
    const { rx } = await this.linkCounters(this.right, RIGHT.device);
    return rx.dropped;
  }
}

export interface LinkCounters {
  readonly rx: { readonly packets: number; readonly dropped: number };
  readonly tx: { readonly packets: number; readonly dropped: number };
}
