import { join, swapEthernet } from "../actions.ts";
import { FLAG, matchBit, REPLY_TO_IN_PORT, SWITCH_BIT, setFlag } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

export const lsInHairpin: Stage<Switch> = {
  name: "ls_in_hairpin",
  rules(add, { hasVip }, { next, output }) {
    if (hasVip) {
      const back = join(swapEthernet(), REPLY_TO_IN_PORT, setFlag(FLAG.loopback), output);
      add(1, [[matchBit(0, SWITCH_BIT.hairpin), matchBit(0, SWITCH_BIT.hairpinReply)]], back);
    }
    add(0, [], next);
  },
};
