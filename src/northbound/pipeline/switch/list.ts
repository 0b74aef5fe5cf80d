/** The stages of a switch, in OVN 23.03's order: position is table. */
import { passThrough, type Stage } from "../stage.ts";
import { EGRESS } from "../tables.ts";
import type { Switch } from "../topology.ts";
import { aclHints } from "./acl-hints.ts";
import { lsInAcl } from "./ls-in-acl.ts";
import { lsInAclAfterLb } from "./ls-in-acl-after-lb.ts";
import { lsInApplyPortSec } from "./ls-in-apply-port-sec.ts";
import { lsInArpRsp } from "./ls-in-arp-rsp.ts";
import { lsInCheckPortSec } from "./ls-in-check-port-sec.ts";
import { lsInHairpin } from "./ls-in-hairpin.ts";
import { lsInL2Lkup } from "./ls-in-l2-lkup.ts";
import { lsInL2Unknown } from "./ls-in-l2-unknown.ts";
import { lsInLb } from "./ls-in-lb.ts";
import { lsInLookupFdb } from "./ls-in-lookup-fdb.ts";
import { lsInNatHairpin } from "./ls-in-nat-hairpin.ts";
import { lsInPreHairpin } from "./ls-in-pre-hairpin.ts";
import { lsInPreLb } from "./ls-in-pre-lb.ts";
import { lsInPreStateful } from "./ls-in-pre-stateful.ts";
import { lsInPutFdb } from "./ls-in-put-fdb.ts";
import { lsOutAcl } from "./ls-out-acl.ts";
import { lsOutApplyPortSec } from "./ls-out-apply-port-sec.ts";
import { lsOutCheckPortSec } from "./ls-out-check-port-sec.ts";
import { lsOutPreLb } from "./ls-out-pre-lb.ts";
import { lsOutPreStateful } from "./ls-out-pre-stateful.ts";
import { lsInPreAcl, lsOutPreAcl } from "./pre-acl.ts";
import { stateful } from "./stateful.ts";

export const SWITCH_INGRESS: readonly Stage<Switch>[] = [
  lsInCheckPortSec,
  lsInApplyPortSec,
  lsInLookupFdb,
  lsInPutFdb,
  lsInPreAcl,
  lsInPreLb,
  lsInPreStateful,
  aclHints("ls_in_acl_hint"),
  lsInAcl,
  passThrough("ls_in_qos_mark"),
  passThrough("ls_in_qos_meter"),
  passThrough("ls_in_lb_aff_check"),
  lsInLb,
  passThrough("ls_in_lb_aff_learn"),
  lsInPreHairpin,
  lsInNatHairpin,
  lsInHairpin,
  lsInAclAfterLb,
  stateful("ls_in_stateful"),
  lsInArpRsp,
  passThrough("ls_in_dhcp_options"),
  passThrough("ls_in_dhcp_response"),
  passThrough("ls_in_dns_lookup"),
  passThrough("ls_in_dns_response"),
  passThrough("ls_in_external_port"),
  lsInL2Lkup,
  lsInL2Unknown,
];

export const SWITCH_EGRESS: readonly Stage<Switch>[] = [
  lsOutPreAcl,
  lsOutPreLb,
  lsOutPreStateful,
  aclHints("ls_out_acl_hint"),
  lsOutAcl,
  passThrough("ls_out_qos_mark"),
  passThrough("ls_out_qos_meter"),
  stateful("ls_out_stateful"),
  lsOutCheckPortSec,
  lsOutApplyPortSec,
];

/** For the few rules that continue in the other pipeline. */
export const egressTable = (name: string): number => EGRESS + SWITCH_EGRESS.findIndex((stage) => stage.name === name);
