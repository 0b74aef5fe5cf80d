import { join } from "../actions.ts";
import { inPort, writeWord } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

/** reg7: the routing table to look in, by the port of entry; 0 is the main one. */
export const lrInIpRoutingPre: Stage<Router> = {
  name: "lr_in_ip_routing_pre",
  rules(add, router, { next, identities }) {
    for (const port of router.ports.filter(({ routeTable }) => routeTable !== "")) {
      const table = identities.routeTables.get(router.uuid, port.routeTable);
      add(100, [inPort(port.key)], join(writeWord(7, table), next));
    }
    add(0, [], join(writeWord(7, 0), next));
  },
};
