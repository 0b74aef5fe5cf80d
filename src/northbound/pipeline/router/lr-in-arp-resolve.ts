import { type Address, contains } from "../../network/ip.ts";
import { join, resubmit } from "../actions.ts";
import { translatedAddresses } from "../balancing.ts";
import { IPV4_MULTICAST, IPV6_MULTICAST, toAddress } from "../match.ts";
import { matchWord, matchWords, outPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { NEIGHBOR_BINDING } from "../tables.ts";
import type { Router, RouterPort } from "../topology.ts";

/** Next hop to Ethernet address: configured ones by rule, others from what was learned, 00:00:00:00:00:00 when unknown. */
export const lrInArpResolve: Stage<Router> = {
  name: "lr_in_arp_resolve",
  rules(add, router, { next }) {
    add(500, [[IPV4_MULTICAST, IPV6_MULTICAST]], next);
    for (const port of router.ports) {
      for (const { address, mac } of knownNeighbors(port)) {
        const nextHop = address.family === 4 ? matchWord(0, address.value) : matchWords(0, address.value);
        add(100, [nextHop, outPort(port.key)], join(`set_field:${mac}->eth_dst`, next));
      }
    }
    // What might have been translated and was not: nobody but this router has these addresses.
    const translated = translatedAddresses(router);
    for (const { address } of router.ports.flatMap(({ networks }) => networks)) {
      if (translated.has(address.text)) add(2, [toAddress(address)], "drop");
    }
    const unknown = "set_field:00:00:00:00:00:00->eth_dst";
    const saveReg0 = "push:NXM_NX_REG0[],push:NXM_NX_XXREG0[96..127],pop:NXM_NX_REG0[]";
    add(1, ["ip"], join(saveReg0, unknown, resubmit(NEIGHBOR_BINDING), "pop:NXM_NX_REG0[]", next));
    add(1, ["ipv6"], join(unknown, resubmit(NEIGHBOR_BINDING), next));
    add(0, [], "drop");
  },
};

interface Neighbor {
  readonly address: Address;
  readonly mac: string;
}

/** Who is configured to be on a port's link: stations and other routers of its switch, or the router joined to it. */
function knownNeighbors(port: RouterPort): readonly Neighbor[] {
  const { peer } = port;
  if (!peer) return [];
  if (peer.kind === "router port") return addressesOf(peer);
  return peer.owner.ports
    .filter((other) => other !== peer)
    .flatMap((other) => {
      if (other.peer?.kind === "router port") return addressesOf(other.peer);
      if (other.type !== "") return [];
      const all = other.addresses.flatMap(({ mac, networks }) => networks.map(({ address }) => ({ mac, address })));
      return all.filter(({ address }) => port.networks.some((network) => contains(network, address)));
    });
}

const addressesOf = ({ mac, networks }: RouterPort): readonly Neighbor[] =>
  networks.map(({ address }) => ({ address, mac }));
