import { formatNetwork } from "../../network/ip.ts";
import { ask, join } from "../actions.ts";
import { ARP_REPLY, ARP_REQUEST, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../match.ts";
import { bitName, FLAG, inPort, ROUTER_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { NEIGHBOR_LOOKUP } from "../tables.ts";
import { networksOf, type Router } from "../topology.ts";
import {
  ARP_SENDER,
  ND_ADVERTISEMENT_SENDER,
  ND_SOLICITATION_SENDER,
  type NeighborPair,
  withPair,
} from "./neighbor-pairs.ts";

/** Is the sender of an ARP or ND packet known already? Everything else counts as known: there is nothing to learn. */
export const lrInLookupNeighbor: Stage<Router> = {
  name: "lr_in_lookup_neighbor",
  rules(add, { ports }, { next }) {
    const question = ask(NEIGHBOR_LOOKUP, FLAG.neighborKnown, bitName(9, ROUTER_BIT.neighborKnown));
    const lookUp = (pair: NeighborPair) => join(withPair(pair, question), next);
    add(100, [ARP_REPLY], lookUp(ARP_SENDER));
    for (const port of ports) {
      for (const network of networksOf(port, 4)) {
        add(100, [ARP_REQUEST, inPort(port.key), `arp_spa=${formatNetwork(network)}`], lookUp(ARP_SENDER));
      }
    }
    add(100, [NEIGHBOR_ADVERTISEMENT], lookUp(ND_ADVERTISEMENT_SENDER));
    add(100, [NEIGHBOR_SOLICITATION], lookUp(ND_SOLICITATION_SENDER));
    add(0, [], join(writeBit(9, ROUTER_BIT.neighborKnown, 1), next));
  },
};
