/** Where ARP and ND packets carry the sender's addresses, and how they are passed to the helper tables and handlers. */

export interface NeighborPair {
  /** The IP address, and the register it is passed in. */
  readonly address: string;
  readonly register: string;
  readonly mac: string;
}

export const ARP_SENDER: NeighborPair = { address: "NXM_OF_ARP_SPA", register: "NXM_NX_REG0", mac: "NXM_NX_ARP_SHA" };
export const ND_SOLICITATION_SENDER: NeighborPair = {
  address: "NXM_NX_IPV6_SRC",
  register: "NXM_NX_XXREG0",
  mac: "NXM_NX_ND_SLL",
};
export const ND_ADVERTISEMENT_SENDER: NeighborPair = {
  address: "NXM_NX_ND_TARGET",
  register: "NXM_NX_XXREG0",
  mac: "NXM_NX_ND_TLL",
};

/** Runs `actions` with the IP address in its register and the Ethernet address in eth_src, and puts both back. */
export function withPair({ address, register, mac }: NeighborPair, actions: string): string {
  return [
    `push:${register}[],push:NXM_OF_ETH_SRC[],push:${mac}[],push:${address}[]`,
    `pop:${register}[],pop:NXM_OF_ETH_SRC[]`,
    actions,
    `pop:NXM_OF_ETH_SRC[],pop:${register}[]`,
  ].join(",");
}
