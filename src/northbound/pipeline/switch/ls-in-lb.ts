import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join, resubmit, swap } from "../actions.ts";
import { balancerGroup, matchVip } from "../balancing.ts";
import { ctState } from "../match.ts";
import { SWITCH_BIT, writeBit, writeWord, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { egressTable } from "./list.ts";

/** A new connection to a VIP: a select group picks the backend and commits the translation. */
export const lsInLb: Stage<Switch> = {
  name: "ls_in_lb",
  rules(add, { balancers }, here) {
    for (const balancer of balancers) {
      for (const service of balancer.services) {
        const priority = service.vip.port === undefined ? 110 : 120;
        const match = [ctState("+new"), matchVip(balancer, service.vip)];
        if (service.active.length > 0) {
          const group = balancerGroup(here, balancer, service, { scope: "switch", zone: ZONE.port, marks: [] });
          add(priority, match, join(writeBit(0, SWITCH_BIT.commit, 0), `group:${group}`));
        } else if (balancer.reject) {
          const resume = join(swap("NXM_NX_REG14", "NXM_NX_REG15"), resubmit(egressTable("ls_out_qos_mark")));
          add(priority, match, join(writeWord(0, 0), punt(OPCODE.reject, { resume })));
        } else {
          add(priority, match, "drop");
        }
      }
    }
    add(0, [], here.next);
  },
};
