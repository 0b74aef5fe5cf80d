import { IP, NEIGHBOR_SOLICITATION } from "../match.ts";
import { FLAG, matchFlag, outPort, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { networksOf, type Router } from "../topology.ts";
import { snatAddress } from "./force-snat.ts";

/** Balanced connections that must come back this way take the router's address as their source. */
export const lrOutSnat: Stage<Router> = {
  name: "lr_out_snat",
  rules(add, { ports, forceSnat, balancers }, { next, nextTable }) {
    add(120, [NEIGHBOR_SOLICITATION], next);
    if (balancers.some(({ skipSnat }) => skipSnat)) add(120, [IP, matchFlag(FLAG.skipSnatForLb)], next);
    const balanced = matchFlag(FLAG.forceSnatForLb);
    const translate = (text: string) => `ct(commit,table=${nextTable},zone=${ZONE.snat},nat(src=${text}))`;
    for (const port of forceSnat.routerAddress ? ports.filter(({ peer }) => peer) : []) {
      for (const family of [4, 6] as const) {
        const address = snatAddress(networksOf(port, family), family);
        const protocol = family === 4 ? "ip" : "ipv6";
        if (address) add(110, [protocol, balanced, outPort(port.key)], translate(address.text));
      }
    }
    for (const { family, text } of forceSnat.addresses) {
      add(100, [family === 4 ? "ip" : "ipv6", balanced], translate(text));
    }
    add(0, [], next);
  },
};
