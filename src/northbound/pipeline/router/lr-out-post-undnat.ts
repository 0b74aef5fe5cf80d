import { join } from "../actions.ts";
import { ctState, IP } from "../match.ts";
import { ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

export const lrOutPostUndnat: Stage<Router> = {
  name: "lr_out_post_undnat",
  rules(add, { isGateway, hasVip }, { next }) {
    if (isGateway && hasVip) add(50, [ctState("+new"), IP], join(`ct(commit,zone=${ZONE.dnat},nat(src))`, next));
    add(0, [], next);
  },
};
