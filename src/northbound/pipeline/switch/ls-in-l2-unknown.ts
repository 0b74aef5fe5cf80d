import { join } from "../actions.ts";
import { FLOOD_UNKNOWN } from "../multicast-groups.ts";
import { outPort, setOutPort } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

/** Destinations nobody knows go to the ports that said they may have anything behind them, or nowhere. */
export const lsInL2Unknown: Stage<Switch> = {
  name: "ls_in_l2_unknown",
  rules(add, { ports }, { output }) {
    for (const { key } of ports.filter(({ enabled }) => !enabled)) add(50, [outPort(key)], "drop");
    const flood = ports.some(({ unknown, enabled }) => unknown && enabled);
    add(50, [outPort(0)], flood ? join(setOutPort(FLOOD_UNKNOWN), output) : "drop");
    add(0, [], output);
  },
};
