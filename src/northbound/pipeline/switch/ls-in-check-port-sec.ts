import { ask, join } from "../actions.ts";
import { MULTICAST_SOURCE, TAGGED } from "../match.ts";
import { bitName, FLAG, inPort, SWITCH_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import { CHECK_IN_PORT_SECURITY } from "../tables.ts";
import type { Switch } from "../topology.ts";

/** Frames no honest station sends, and the question whether the port may send this one. */
export const lsInCheckPortSec: Stage<Switch> = {
  name: "ls_in_check_port_sec",
  rules(add, { ports }, { next }) {
    add(100, [MULTICAST_SOURCE], "drop");
    add(100, [TAGGED], "drop");
    for (const { key } of ports.filter(({ enabled }) => !enabled)) {
      add(100, [inPort(key)], join(writeBit(0, SWITCH_BIT.portSecurityDrop, 1), next));
    }
    const answer = bitName(0, SWITCH_BIT.portSecurityDrop);
    add(50, [], join(ask(CHECK_IN_PORT_SECURITY, FLAG.portSecurityDrop, answer), next));
  },
};
