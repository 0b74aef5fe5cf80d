import { trackAndTranslate } from "../actions.ts";
import { inPort, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { networksOf, type Router } from "../topology.ts";
import { snatAddress } from "./force-snat.ts";

/** Replies to an address that balanced connections took as their source get the client's address back. */
export const lrInUnsnat: Stage<Router> = {
  name: "lr_in_unsnat",
  rules(add, { ports, forceSnat }, { next, nextTable }) {
    const translate = trackAndTranslate(ZONE.snat, nextTable);
    const to = (family: 4 | 6, text: string) => (family === 4 ? `ip,nw_dst=${text}` : `ipv6,ipv6_dst=${text}`);
    for (const { family, text } of forceSnat.addresses) add(110, [to(family, text)], translate);
    if (forceSnat.routerAddress) {
      for (const port of ports.filter(({ peer }) => peer)) {
        for (const family of [4, 6] as const) {
          const address = snatAddress(networksOf(port, family), family);
          if (address) add(110, [to(family, address.text), inPort(port.key)], translate);
        }
      }
    }
    add(0, [], next);
  },
};
