/**
 * Hosts whose own stacks look at nothing of IPv4 that arrives, so that they do not answer what a generator sends in their place: a
 * packet socket sees a frame before it is dropped. ARP they answer as ever.
 */
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { check } from "../bench.ts";
import { installed } from "../install.ts";
import type { PlacedHost } from "./network.ts";

export async function withDeafHosts<T>(hosts: readonly PlacedHost[], work: () => Promise<T>): Promise<T> {
  check(installed("nft"), "needs the Debian package nftables");
  const deaf: string[] = [];
  try {
    for (const { namespace, port } of hosts) {
      await runInNamespace(namespace, ["nft", "-f", "-"], { input: rules(port) });
      deaf.push(namespace);
    }
    return await work();
  } finally {
    for (const namespace of deaf) await runInNamespace(namespace, ["nft", "delete", "table", "netdev", "deaf"]);
  }
}

const rules = (device: string): string => `table netdev deaf {
  chain arrivals {
    type filter hook ingress device ${device} priority 0;
    meta protocol ip drop
  }
}`;
