import { ask, join } from "../actions.ts";
import { ctState, IP } from "../match.ts";
import { bitName, FLAG, SWITCH_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { CHECK_HAIRPIN, CHECK_HAIRPIN_REPLY } from "../tables.ts";
import type { Switch } from "../topology.ts";

/** Did the balancer send a client to itself? Then source and destination are one, and replies would bypass the switch. */
export const lsInPreHairpin: Stage<Switch> = {
  name: "ls_in_pre_hairpin",
  rules(add, { hasVip }, { next }) {
    if (hasVip) {
      const request = ask(CHECK_HAIRPIN, FLAG.hairpin, bitName(0, SWITCH_BIT.hairpin));
      const reply = ask(CHECK_HAIRPIN_REPLY, FLAG.hairpin, bitName(0, SWITCH_BIT.hairpinReply));
      add(100, [ctState(""), IP], join(request, reply, next));
    }
    add(0, [], next);
  },
};
