import type { UnixctlCommand } from "../command.ts";
import { requireBridge } from "../datapath.ts";

/** In OVS's order and words. */
const features: readonly (readonly [string, string])[] = [
  ["Masked set action", "Yes"],
  ["Tunnel push pop", "Yes"],
  ["Ufid", "Yes"],
  ["Truncate action", "Yes"],
  ["Clone action", "Yes"],
  ["Sample nesting", "10"],
  ["Conntrack eventmask", "Yes"],
  ["Conntrack clear", "Yes"],
  ["Max dp_hash algorithm", "1"],
  ["Check pkt length action", "Yes"],
  ["Conntrack timeout policy", "Yes"],
  ["Explicit Drop action", "Yes"],
  ["Optimized Balance TCP mode", "Yes"],
  ["Conntrack all-zero IP SNAT", "Yes"],
  ["MPLS Label add", "Yes"],
  ["Max VLAN headers", "2"],
  ["Max MPLS depth", "3"],
  ["Recirc", "Yes"],
  ["CT state", "Yes"],
  ["CT zone", "Yes"],
  ["CT mark", "Yes"],
  ["CT label", "Yes"],
  ["CT state NAT", "Yes"],
  ["CT orig tuple", "Yes"],
  ["CT orig tuple for IPv6", "Yes"],
  ["IPv6 ND Extension", "Yes"],
];

export const dpifShowDpFeatures: UnixctlCommand = {
  name: "dpif/show-dp-features",
  usage: "bridge",
  minimum: 1,
  maximum: 1,
  run(daemon, [name]) {
    requireBridge(daemon, name);
    return features.map(([feature, value]) => `${feature}: ${value}\n`).join("");
  },
};
