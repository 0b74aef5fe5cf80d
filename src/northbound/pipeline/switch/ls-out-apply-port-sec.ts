import { matchBit, SWITCH_BIT } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

export const lsOutApplyPortSec: Stage<Switch> = {
  name: "ls_out_apply_port_sec",
  rules(add, _switch, { output }) {
    add(50, [matchBit(0, SWITCH_BIT.portSecurityDrop)], "drop");
    add(0, [], output);
  },
};
