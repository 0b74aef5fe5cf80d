import { join } from "../actions.ts";
import { ctMark, ctState, IP, IPV6_CONTROL } from "../match.ts";
import { CT_MARK, SWITCH_BIT, writeBit, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";
import { admitServiceMonitor } from "./service-monitor.ts";

export const lsOutAcl: Stage<Switch> = {
  name: "ls_out_acl",
  rules(add, { hasVip, monitor }, { next, nextTable }) {
    add(65532, [IPV6_CONTROL], next);
    if (!hasVip) return add(65535, [], next);
    add(65532, [ctState("+inv")], "drop");
    add(65532, [ctState("+est+rpl"), ctMark(CT_MARK.blocked)], "drop");
    add(
      65532,
      [ctState("-new-est+rel-inv"), ctMark(CT_MARK.blocked, false), IP],
      `ct(commit,table=${nextTable},zone=${ZONE.port},nat)`,
    );
    add(65532, [ctState("-new+est-rel+rpl-inv"), ctMark(CT_MARK.blocked, false)], next);
    admitServiceMonitor(add, monitor, "from it", next);
    add(1, [IP, ctState("+est"), ctMark(CT_MARK.blocked)], join(writeBit(0, SWITCH_BIT.commit, 1), next));
    add(1, [IP, ctState("-est")], join(writeBit(0, SWITCH_BIT.commit, 1), next));
    add(0, [], next);
  },
};
