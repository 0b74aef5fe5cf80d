import type { Address, Network } from "../../network/ip.ts";

/** The address a port lends to balanced connections: its first; a link-local one, always last, would reach nobody. */
export function snatAddress(networks: readonly Network[], family: 4 | 6): Address | undefined {
  return networks.length > (family === 6 ? 1 : 0) ? networks[0].address : undefined;
}
