import { join } from "../actions.ts";
import { hex, setOutPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";
import { pathNumbers } from "./lr-in-ip-routing.ts";
import { writeNextHop } from "./next-hop.ts";

/** The path chosen among equals becomes the next hop. */
export const lrInIpRoutingEcmp: Stage<Router> = {
  name: "lr_in_ip_routing_ecmp",
  rules(add, router, here) {
    add(150, ["reg8=0/0xffff"], here.next);
    for (const route of router.routes.filter(({ nextHops }) => nextHops.length > 1)) {
      const numbers = pathNumbers(router, route, here);
      for (const hop of route.nextHops) {
        const chosen = `reg8=${hex(numbers.path(hop) * 0x10000 + numbers.route)}`;
        add(100, [chosen], join(writeNextHop(route, hop), setOutPort(hop.port.key), here.next));
      }
    }
    add(0, [], "drop");
  },
};
