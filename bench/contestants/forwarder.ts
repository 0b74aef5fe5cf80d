/** What stands between the hosts of a network (network.ts): a switch, or something of the kernel's in its place. */
import type { Kind } from "../bench.ts";
import type { PlacedHost } from "./network.ts";

export abstract class Forwarder {
  abstract readonly name: string;
  abstract readonly kind: Kind;
  /** Hosts and switch are joined by veth pairs that are there before it starts, or by devices that it makes itself. */
  readonly devices: "veth" | "own" = "veth";

  /** Why it cannot take part on this machine, besides what its kind lacks. */
  missing(): string | undefined {
    return undefined;
  }

  /** Process of the switch, when it is one. */
  get pid(): number | undefined {
    return undefined;
  }

  /** Whether it forwards rightly with the hosts' transmit offloads on, or off. */
  supports(_offloads: boolean): boolean {
    return true;
  }

  /** Packets it knows that it dropped since it started; undefined: it cannot tell. */
  async dropped(): Promise<number | undefined> {
    return undefined;
  }

  /** Megaflows it has made since it started; undefined: it makes none, or cannot tell. */
  async setUps(): Promise<number | undefined> {
    return undefined;
  }

  /** In the namespace `home`; the hosts' devices exist afterwards. */
  abstract start(home: string, hosts: readonly PlacedHost[]): Promise<void>;

  async stop(): Promise<void> {}
}
