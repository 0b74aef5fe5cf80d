import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

export const lrInPolicyEcmp: Stage<Router> = {
  name: "lr_in_policy_ecmp",
  rules(add, _router, { next }) {
    add(150, ["reg8=0/0xffff"], next);
    add(0, [], "drop");
  },
};
