/** What a datapath can do, as the log tells it when its first bridge appears; suites and people look for these lines. */
import { CAPABILITIES } from "./capabilities.ts";

/** In the order of the log; what can have more than two values says which. */
const SENTENCES: readonly (readonly [capability: string, sentence: string])[] = [
  ["recirc", "recirculation"],
  ["max_vlan_headers", "VLAN header stack length probed as"],
  ["max_mpls_depth", "MPLS label stack length probed as"],
  ["trunc", "truncate action"],
  ["ufid", "unique flow ids"],
  ["clone", "clone action"],
  ["ct_eventmask", "eventmask in conntrack action"],
  ["ct_clear", "ct_clear action"],
  ["max_hash_alg", "Max dp_hash algorithm probed to be"],
  ["check_pkt_len", "check_pkt_len action"],
  ["ct_timeout", "timeout policy in conntrack action"],
  ["ct_zero_snat", "ct_zero_snat"],
  ["add_mpls", "add_mpls action"],
  ["ct_state", "ct_state"],
  ["ct_zone", "ct_zone"],
  ["ct_mark", "ct_mark"],
  ["ct_label", "ct_label"],
  ["ct_state_nat", "ct_state_nat"],
  ["ct_orig_tuple", "ct_orig_tuple"],
  ["ct_orig_tuple6", "ct_orig_tuple6"],
  ["nd_ext", "IPv6 ND Extensions"],
];

/** @param datapath as dpctl names it: "netdev@ovs-netdev" */
export function capabilityLines(datapath: string): string[] {
  return SENTENCES.map(([capability, sentence]) => {
    const value = CAPABILITIES.get(capability);
    if (value !== "true" && value !== "false") return `${datapath}: ${sentence} ${value}`;
    return `${datapath}: Datapath ${value === "true" ? "supports" : "does not support"} ${sentence}`;
  });
}
