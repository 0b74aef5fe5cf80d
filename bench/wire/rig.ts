/** Two hosts on the wire, "left" 10.77.0.1 and "right" 10.77.0.2, and what can be read off their devices. */
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import type { Forwarder } from "../contestants/forwarder.ts";
import { type Network, NetworkContestant } from "../contestants/network.ts";

export const LEFT = { name: "left", port: "left0", ofport: 1, address: "10.77.0.1" };
export const RIGHT = { name: "right", port: "right0", ofport: 2, address: "10.77.0.2" };

const ONE_NETWORK: Network = { hosts: [LEFT, RIGHT], caller: LEFT.name, targets: [RIGHT.address] };

/** With a router in between, and an address that is nobody's but the router's to translate. */
export const ROUTED: Network = {
  hosts: [
    { ...LEFT, gateway: "10.77.0.254" },
    { ...RIGHT, address: "10.78.0.2", gateway: "10.78.0.254" },
  ],
  caller: LEFT.name,
  targets: ["10.77.9.9"],
};

export class WireContestant extends NetworkContestant {
  readonly left = this.namespace(LEFT.name);
  readonly right = this.namespace(RIGHT.name);
  /** What the left host calls to reach the right one. */
  readonly target: string;

  constructor(forwarder: Forwarder, network = ONE_NETWORK) {
    super(network, forwarder);
    this.target = network.targets[0];
  }

  /**
   * Has the right host count what arrives at its device and look at nothing of it, until `listen`. Otherwise a good part of what is
   * measured would be its stack, which runs on the switch's processor and thinks about an ICMP message for every frame.
   */
  async discardArrivals(): Promise<void> {
    const rules = `table netdev discard {
      chain arrivals { type filter hook ingress device ${RIGHT.port} priority 0; policy drop; }
    }`;
    await runInNamespace(this.right, ["nft", "-f", "-"], { input: rules });
  }

  /** Ends `discardArrivals`. */
  async listen(): Promise<void> {
    await runInNamespace(this.right, ["nft", "delete", "table", "netdev", "discard"]);
  }

  /** Of the right host's device. */
  async arrivals(): Promise<LinkCounters> {
    return (await linkCounters(this.right, RIGHT.port)).rx;
  }

  /**
   * Of the left host's device: `dropped` is what it did not take from the host's stack. The queue of a TAP is the port's own: what
   * finds no room there has departed, and Megaflow counts it as missed.
   */
  async departures(): Promise<LinkCounters> {
    const { packets, dropped } = (await linkCounters(this.left, LEFT.port)).tx;
    const isTap = this.kind === "megaflow" && this.forwarder.devices === "own";
    return isTap ? { packets: packets + dropped, dropped: 0 } : { packets, dropped };
  }

  /**
   * Drops that the switch has counted. What a device refuses to take, its sender is told: the generator does not count it as sent, the
   * switch counts it as dropped, so what the right host's device says of it is no other drop.
   * undefined: this switch cannot tell its own.
   */
  accountedDrops(): Promise<number | undefined> {
    return this.forwarder.dropped();
  }
}

async function linkCounters(namespace: string, device: string): Promise<{ rx: LinkCounters; tx: LinkCounters }> {
  const [link] = JSON.parse(await ip("-n", namespace, "-s", "-j", "link", "show", "dev", device));
  return link.stats64;
}

export interface LinkCounters {
  readonly packets: number;
  readonly dropped: number;
}
