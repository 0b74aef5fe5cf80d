import { join, resubmit, trackAndTranslate } from "../actions.ts";
import { ctState, IP } from "../match.ts";
import { matchBit, SWITCH_BIT, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { HAIRPIN_SNAT } from "../tables.ts";
import type { Switch } from "../topology.ts";

/** A hairpinned connection takes the VIP as its source, so that the reply comes back through the switch. */
export const lsInNatHairpin: Stage<Switch> = {
  name: "ls_in_nat_hairpin",
  rules(add, { hasVip }, { next, nextTable }) {
    if (hasVip) {
      const hairpin = matchBit(0, SWITCH_BIT.hairpin);
      add(100, [ctState("+est"), IP, hairpin], trackAndTranslate(ZONE.snat, nextTable));
      add(100, [ctState("+new"), IP, hairpin], join(resubmit(HAIRPIN_SNAT), next));
      add(90, [IP, matchBit(0, SWITCH_BIT.hairpinReply)], trackAndTranslate(ZONE.snat, nextTable));
    }
    add(0, [], next);
  },
};
