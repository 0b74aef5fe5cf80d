import { join } from "../actions.ts";
import { IP, IPV6_CONTROL, MULTICAST } from "../match.ts";
import { matchBit, outPort, SWITCH_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { routerPortsOf } from "./router-ports.ts";
import { passServiceMonitor } from "./service-monitor.ts";

/** As ls_in_pre_lb; what goes to a router leaves its tracking state behind, since the router has zones of its own. */
export const lsOutPreLb: Stage<Switch> = {
  name: "ls_out_pre_lb",
  rules(add, logicalSwitch, { next }) {
    add(110, [MULTICAST], next);
    passServiceMonitor(add, logicalSwitch.monitor, "from it", next);
    add(110, [IPV6_CONTROL], next);
    add(110, [matchBit(0, SWITCH_BIT.stateless)], next);
    for (const { key } of routerPortsOf(logicalSwitch)) add(110, [IP, outPort(key)], join("ct_clear", next));
    if (logicalSwitch.hasVip) add(100, [IP], join(writeBit(0, SWITCH_BIT.nat, 1), next));
    add(0, [], next);
  },
};
