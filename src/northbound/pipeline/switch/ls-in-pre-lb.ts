import { join } from "../actions.ts";
import { IP, IPV6_CONTROL, MULTICAST } from "../match.ts";
import { inPort, matchBit, SWITCH_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { routerPortsOf } from "./router-ports.ts";
import { passServiceMonitor } from "./service-monitor.ts";

/**
 * Which packets go to the connection tracker. With a VIP on the switch that is all IP from its stations, so that replies are
 * translated back and packets of no valid connection are found; what comes from a router was seen elsewhere.
 */
export const lsInPreLb: Stage<Switch> = {
  name: "ls_in_pre_lb",
  rules(add, logicalSwitch, { next }) {
    add(110, [MULTICAST], next);
    passServiceMonitor(add, logicalSwitch.monitor, "to it", next);
    add(110, [IPV6_CONTROL], next);
    add(110, [matchBit(0, SWITCH_BIT.stateless)], next);
    for (const { key } of routerPortsOf(logicalSwitch)) add(110, [IP, inPort(key)], next);
    if (logicalSwitch.hasVip) add(100, [IP], join(writeBit(0, SWITCH_BIT.nat, 1), next));
    add(0, [], next);
  },
};
