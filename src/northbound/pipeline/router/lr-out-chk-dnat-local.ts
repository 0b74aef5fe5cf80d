import { join } from "../actions.ts";
import { ROUTER_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";

export const lrOutChkDnatLocal: Stage<Router> = {
  name: "lr_out_chk_dnat_local",
  rules: (add, _router, { next }) => add(0, [], join(writeBit(9, ROUTER_BIT.destinationNatLocal, 0), next)),
};
