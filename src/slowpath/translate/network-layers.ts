/** Hiding what lies behind a pushed MPLS label: the flow has no network and transport header any more. */
import {
  KEY_ARP_SHA,
  KEY_CT_IPV6_SRC,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_TP_DST,
} from "../../../assembly/layout/key.ts";
import type { TranslationContext } from "./context.ts";

/** The runs of the key that belong to L3 and L4. */
const runs: readonly (readonly [from: number, to: number])[] = [
  [KEY_NW_FRAG, KEY_NW_PROTO + 1],
  [KEY_NW_SRC, KEY_TP_DST + 2],
  [KEY_ARP_SHA, KEY_CT_IPV6_SRC],
];

/** Only of the flow: what the datapath has stays, for when a clone or a bucket ends and the flow is put back. */
export function clearNetworkLayers(context: TranslationContext): void {
  for (const [from, to] of runs) {
    context.flow.fill(0, from, to);
    context.written.fill(0xff, from, to);
  }
}
