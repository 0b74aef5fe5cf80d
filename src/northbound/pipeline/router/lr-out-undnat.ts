import { join, trackAndTranslate } from "../actions.ts";
import {
  IP,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "../match.ts";
import { FLAG, setFlag, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

/**
 * Replies of backends get the VIP back as their source. Only a gateway router may: on a distributed one, a reply may leave
 * from a machine that never saw the request. This is why the load balancer of a plain router does not work (and did not in OVN).
 */
export const lrOutUndnat: Stage<Router> = {
  name: "lr_out_undnat",
  rules(add, { isGateway, hasVip }, { next, nextTable }) {
    if (isGateway && hasVip) {
      const control = [ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT];
      add(100, [control], next);
      add(50, [IP], join(setFlag(FLAG.loopback), trackAndTranslate(ZONE.dnat, nextTable)));
    }
    add(0, [], next);
  },
};
