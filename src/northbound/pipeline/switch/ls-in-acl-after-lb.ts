import { IPV6_CONTROL } from "../match.ts";
import { matchBit, SWITCH_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

export const lsInAclAfterLb: Stage<Switch> = {
  name: "ls_in_acl_after_lb",
  rules(add, { hasVip }, { next }) {
    add(65532, [IPV6_CONTROL], next);
    if (hasVip) add(65532, [matchBit(0, SWITCH_BIT.aclVerdictAllow)], next);
    add(0, [], next);
  },
};
