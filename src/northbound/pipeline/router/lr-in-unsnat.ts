import { trackAndTranslate } from "../actions.ts";
import { toAddress } from "../match.ts";
import { inPort, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { networksOf, type Router } from "../topology.ts";
import { snatAddress } from "./force-snat.ts";

/** Replies to an address that balanced connections took as their source get the client's address back. */
export const lrInUnsnat: Stage<Router> = {
  name: "lr_in_unsnat",
  rules(add, { ports, forceSnat }, { next, nextTable }) {
    const translate = trackAndTranslate(ZONE.snat, nextTable);
    for (const address of forceSnat.addresses) add(110, [toAddress(address)], translate);
    if (forceSnat.routerAddress) {
      for (const port of ports.filter(({ peer }) => peer)) {
        for (const family of [4, 6] as const) {
          const address = snatAddress(networksOf(port, family), family);
          if (address) add(110, [toAddress(address), inPort(port.key)], translate);
        }
      }
    }
    add(0, [], next);
  },
};
