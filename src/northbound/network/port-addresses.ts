/** What the columns `addresses`, `port_security` and `networks` hold, taken apart. */
import { type Network, parseNetwork } from "./ip.ts";
import { scanMac } from "./mac.ts";

/** One Ethernet address and the IP addresses behind it. */
export interface PortAddresses {
  readonly mac: string;
  readonly networks: readonly Network[];
}

/**
 * "aa:aa:aa:11:11:aa 1.1.1.100 fd00::1/64": an Ethernet address, then IP addresses up to the first word that is none.
 * `undefined` when no Ethernet address comes first ("unknown", "router", "dynamic").
 */
export function parsePortAddresses(text: string): PortAddresses | undefined {
  const scanned = scanMac(text.trimStart());
  if (!scanned) return undefined;
  const networks: Network[] = [];
  for (const word of scanned.rest.split(" ").filter((part) => part !== "")) {
    const network = parseNetwork(word);
    if (!network) break;
    networks.push(network);
  }
  return { mac: scanned.mac, networks };
}

export function ofFamily(networks: readonly Network[], family: 4 | 6): readonly Network[] {
  return networks.filter(({ address }) => address.family === family);
}
