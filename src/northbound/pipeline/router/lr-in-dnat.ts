import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join, resubmit, swap } from "../actions.ts";
import { balancerGroup, matchVip } from "../balancing.ts";
import { ctState, IP } from "../match.ts";
import { CT_MARK, FLAG, setFlag, writeWord, ZONE } from "../registers.ts";
import type { AddRule, Place, Stage } from "../stage.ts";
import { EGRESS } from "../tables.ts";
import type { Balancer, Router } from "../topology.ts";

/** lr_out_snat, where a refusal enters the egress pipeline. */
const SNAT_STAGE = EGRESS + 3;

/** Load balancing on a router: new connections get a backend, known ones their flags. */
export const lrInDnat: Stage<Router> = {
  name: "lr_in_dnat",
  rules(add, router, here) {
    for (const balancer of router.balancers) {
      for (const service of balancer.services) {
        const priority = service.vip.port === undefined ? 110 : 120;
        const match = [ctState("+new-rel"), matchVip(balancer, service.vip)];
        const { flag, marks, scope } = sourceTranslation(router, balancer);
        if (service.active.length > 0) {
          const group = balancerGroup(here, balancer, service, { scope, zone: ZONE.dnat, marks });
          add(priority, match, join(flag, `group:${group}`));
        } else if (balancer.reject) {
          const resume = join(swap("NXM_NX_REG14", "NXM_NX_REG15"), resubmit(SNAT_STAGE));
          add(priority, match, join(writeWord(0, 0), punt(OPCODE.reject, { resume })));
        } else {
          add(priority, match, "drop");
        }
      }
    }
    if (router.hasVip) knownConnections(add, here);
    add(0, [], here.next);
  },
};

/** Whether balanced connections take another source, which flag says so now, and which mark says so later. */
function sourceTranslation(router: Router, balancer: Balancer) {
  if (balancer.skipSnat) {
    return { flag: setFlag(FLAG.skipSnatForLb), marks: [CT_MARK.skipSnat], scope: "router skip_snat" };
  }
  if (router.forceSnat.routerAddress || router.forceSnat.addresses.length > 0) {
    return { flag: setFlag(FLAG.forceSnatForLb), marks: [CT_MARK.forceSnat], scope: "router force_snat" };
  }
  return { flag: "", marks: [], scope: "router" };
}

const mark = (bits: number): string => `ct_mark=0x${bits.toString(16)}/0x${bits.toString(16)}`;

function knownConnections(add: AddRule, here: Place): void {
  const { natted, skipSnat, forceSnat } = CT_MARK;
  const established = ctState("-new+est-rel");
  const related = ctState("-new-est+rel");
  const translate = `ct(commit,table=${here.nextTable},zone=${ZONE.dnat},nat)`;
  add(70, [established, mark(natted | skipSnat)], join(setFlag(FLAG.skipSnatForLb), here.next));
  add(70, [established, mark(natted | forceSnat)], join(setFlag(FLAG.forceSnatForLb), here.next));
  add(70, [related, mark(skipSnat), IP], join(setFlag(FLAG.skipSnatForLb), translate));
  add(70, [related, mark(forceSnat), IP], join(setFlag(FLAG.forceSnatForLb), translate));
  add(50, [established, mark(natted)], here.next);
  add(50, [related, IP], translate);
}
