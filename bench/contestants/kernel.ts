/** What the kernel has in a switch's place, and no switch at all. */
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import { Forwarder } from "./forwarder.ts";
import type { PlacedHost } from "./network.ts";

/** Where br_netfilter is loaded, bridged frames would take the way of routed ones. */
const BRIDGED_FRAMES_STAY_BELOW = "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 >$f; done";

export class LinuxBridge extends Forwarder {
  readonly name = "linux bridge";
  readonly kind = "bridge";

  start(home: string, hosts: readonly PlacedHost[]): Promise<void> {
    return bridge(home, "br0", hosts);
  }
}

/**
 * A router between the hosts' networks, whose gateway it is, that translates a virtual address to the hosts behind it: what the
 * kernel does in place of a load balancer. Hosts with the same gateway share a bridge.
 */
export class NftablesDnat extends Forwarder {
  readonly name = "nftables dnat";
  readonly kind = "nft";
  readonly #rule: string;

  /** `rule`: in the chain prerouting of an ip nat table. */
  constructor(rule: string) {
    super();
    this.#rule = rule;
  }

  async start(home: string, hosts: readonly PlacedHost[]): Promise<void> {
    let networks = 0;
    for (const [gateway, neighbours] of Map.groupBy(hosts, (host) => host.gateway)) {
      const device = neighbours.length > 1 ? `net${networks++}` : neighbours[0].port;
      if (neighbours.length > 1) await bridge(home, device, neighbours);
      await ip("-n", home, "addr", "add", `${gateway}/24`, "dev", device);
    }
    await runInNamespace(home, ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
    const rules = `table ip nat {
      chain prerouting {
        type nat hook prerouting priority dstnat;
        ${this.#rule}
      }
    }`;
    await runInNamespace(home, ["nft", "-f", "-"], { input: rules });
  }
}

/** Name of `NoSwitch`. */
export const CEILING = "no switch: the generator's ceiling";

/** One veth pair between two hosts: no switch can do better with these generators. */
export class NoSwitch extends Forwarder {
  readonly name = CEILING;
  readonly kind = "limit";
  override readonly devices = "own";

  async start(_home: string, [left, right]: readonly PlacedHost[]): Promise<void> {
    const pair = ["type", "veth", "peer", "name", right.port, "netns", right.namespace];
    await ip("-n", left.namespace, "link", "add", left.port, ...pair);
  }
}

async function bridge(home: string, name: string, hosts: readonly PlacedHost[]): Promise<void> {
  await ip("-n", home, "link", "add", name, "type", "bridge");
  await runInNamespace(home, ["sh", "-c", BRIDGED_FRAMES_STAY_BELOW]);
  for (const { port } of hosts) await ip("-n", home, "link", "set", port, "master", name);
  await ip("-n", home, "link", "set", name, "up");
}
