/** The stages of a router, in OVN 23.03's order: position is table. */
import { passThrough, type Stage } from "../stage.ts";
import type { Router } from "../topology.ts";
import { lrInAdmission } from "./lr-in-admission.ts";
import { lrInArpRequest } from "./lr-in-arp-request.ts";
import { lrInArpResolve } from "./lr-in-arp-resolve.ts";
import { lrInDefrag } from "./lr-in-defrag.ts";
import { lrInDnat } from "./lr-in-dnat.ts";
import { lrInIpInput } from "./lr-in-ip-input.ts";
import { lrInIpRouting } from "./lr-in-ip-routing.ts";
import { lrInIpRoutingEcmp } from "./lr-in-ip-routing-ecmp.ts";
import { lrInIpRoutingPre } from "./lr-in-ip-routing-pre.ts";
import { lrInLearnNeighbor } from "./lr-in-learn-neighbor.ts";
import { lrInLookupNeighbor } from "./lr-in-lookup-neighbor.ts";
import { lrInPolicy } from "./lr-in-policy.ts";
import { lrInPolicyEcmp } from "./lr-in-policy-ecmp.ts";
import { lrInUnsnat } from "./lr-in-unsnat.ts";
import { lrOutChkDnatLocal } from "./lr-out-chk-dnat-local.ts";
import { lrOutDelivery } from "./lr-out-delivery.ts";
import { lrOutPostUndnat } from "./lr-out-post-undnat.ts";
import { lrOutSnat } from "./lr-out-snat.ts";
import { lrOutUndnat } from "./lr-out-undnat.ts";

export const ROUTER_INGRESS: readonly Stage<Router>[] = [
  lrInAdmission,
  lrInLookupNeighbor,
  lrInLearnNeighbor,
  lrInIpInput,
  lrInUnsnat,
  lrInDefrag,
  passThrough("lr_in_lb_aff_check"),
  lrInDnat,
  passThrough("lr_in_lb_aff_learn"),
  passThrough("lr_in_ecmp_stateful"),
  passThrough("lr_in_nd_ra_options"),
  passThrough("lr_in_nd_ra_response"),
  lrInIpRoutingPre,
  lrInIpRouting,
  lrInIpRoutingEcmp,
  lrInPolicy,
  lrInPolicyEcmp,
  lrInArpResolve,
  passThrough("lr_in_chk_pkt_len"),
  passThrough("lr_in_larger_pkts"),
  passThrough("lr_in_gw_redirect"),
  lrInArpRequest,
];

export const ROUTER_EGRESS: readonly Stage<Router>[] = [
  lrOutChkDnatLocal,
  lrOutUndnat,
  lrOutPostUndnat,
  lrOutSnat,
  passThrough("lr_out_post_snat"),
  passThrough("lr_out_egr_loop"),
  lrOutDelivery,
];
