import { ask, join } from "../actions.ts";
import { MULTICAST } from "../match.ts";
import { bitName, FLAG, SWITCH_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { CHECK_OUT_PORT_SECURITY } from "../tables.ts";
import type { Switch } from "../topology.ts";

export const lsOutCheckPortSec: Stage<Switch> = {
  name: "ls_out_check_port_sec",
  rules(add, _switch, { next }) {
    add(100, [MULTICAST], join(writeBit(0, SWITCH_BIT.portSecurityDrop, 0), next));
    const answer = bitName(0, SWITCH_BIT.portSecurityDrop);
    add(0, [], join(ask(CHECK_OUT_PORT_SECURITY, FLAG.portSecurityDrop, answer), next));
  },
};
