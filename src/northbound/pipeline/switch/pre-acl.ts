/** ls_in_pre_acl and ls_out_pre_acl: there are no access lists here. OVN has the service monitor pass in each of these stages. */
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { passServiceMonitor } from "./service-monitor.ts";

export const lsInPreAcl: Stage<Switch> = {
  name: "ls_in_pre_acl",
  rules(add, { monitor }, { next }) {
    passServiceMonitor(add, monitor, "to it", next);
    add(0, [], next);
  },
};

export const lsOutPreAcl: Stage<Switch> = {
  name: "ls_out_pre_acl",
  rules(add, { monitor }, { next }) {
    passServiceMonitor(add, monitor, "from it", next);
    add(0, [], next);
  },
};
