import { trackAndTranslate } from "../actions.ts";
import { IP } from "../match.ts";
import { matchBit, SWITCH_BIT, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

/** Replies of backends get the VIP back as their source here, in the client's zone. */
export const lsOutPreStateful: Stage<Switch> = {
  name: "ls_out_pre_stateful",
  rules(add, _switch, { next, nextTable }) {
    add(110, [IP, matchBit(0, SWITCH_BIT.nat)], trackAndTranslate(ZONE.port, nextTable));
    add(100, [IP, matchBit(0, SWITCH_BIT.defrag)], `ct(table=${nextTable},zone=${ZONE.port})`);
    add(0, [], next);
  },
};
