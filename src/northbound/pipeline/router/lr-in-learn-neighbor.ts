import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join } from "../actions.ts";
import { NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../match.ts";
import { matchBit, ROUTER_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";
import { ARP_SENDER, ND_ADVERTISEMENT_SENDER, ND_SOLICITATION_SENDER, withPair } from "./neighbor-pairs.ts";

export const lrInLearnNeighbor: Stage<Router> = {
  name: "lr_in_learn_neighbor",
  rules(add, _router, { next }) {
    add(100, [matchBit(9, ROUTER_BIT.neighborKnown)], next);
    // An advertisement need not carry the link-layer address when the solicitation was unicast (RFC 4861 section 4.4).
    const target = "push:NXM_NX_XXREG0[],push:NXM_NX_ND_TARGET[],pop:NXM_NX_XXREG0[]";
    add(
      95,
      [NEIGHBOR_ADVERTISEMENT, "nd_tll=00:00:00:00:00:00"],
      join(target, punt(OPCODE.putNd), "pop:NXM_NX_XXREG0[]", next),
    );
    add(95, [NEIGHBOR_SOLICITATION, ["ipv6_src=::", "nd_sll=00:00:00:00:00:00"]], next);
    add(90, ["arp"], join(withPair(ARP_SENDER, punt(OPCODE.putArp)), next));
    add(90, [NEIGHBOR_ADVERTISEMENT], join(withPair(ND_ADVERTISEMENT_SENDER, punt(OPCODE.putNd)), next));
    add(90, [NEIGHBOR_SOLICITATION], join(withPair(ND_SOLICITATION_SENDER, punt(OPCODE.putNd)), next));
    add(0, [], "drop");
  },
};
