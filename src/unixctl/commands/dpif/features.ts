/**
 * dpif/show-dp-features, dpif/set-dp-features: what the datapath can do.
 *
 * Switched off, truncation and labels in front of whole packets send their packets through the slow path.
 * Not handled: translation uses all others always. One that is switched off reads back as off, nothing else changes.
 */
import { bridgeNamed, type UnixctlCommand } from "../../command.ts";
import { settingsOf } from "../../settings.ts";

interface Feature {
  readonly name: string;
  readonly title: string;
  readonly value: boolean | number;
}

const can = (name: string, title: string, value: boolean | number = true): Feature => ({ name, title, value });

/** In the order that they are shown. */
const features: readonly Feature[] = [
  can("masked_set_action", "Masked set action"),
  can("tnl_push_pop", "Tunnel push pop"),
  can("ufid", "Ufid"),
  can("trunc", "Truncate action"),
  can("clone", "Clone action"),
  can("sample_nesting", "Sample nesting", 10),
  can("ct_eventmask", "Conntrack eventmask"),
  can("ct_clear", "Conntrack clear"),
  can("max_hash_alg", "Max dp_hash algorithm", 1),
  can("check_pkt_len", "Check pkt length action"),
  can("ct_timeout", "Conntrack timeout policy"),
  can("explicit_drop_action", "Explicit Drop action"),
  can("lb_output_action", "Optimized Balance TCP mode"),
  can("ct_zero_snat", "Conntrack all-zero IP SNAT"),
  can("add_mpls", "MPLS Label add"),
  can("max_vlan_headers", "Max VLAN headers", 2),
  can("max_mpls_depth", "Max MPLS depth", 3),
  can("recirc", "Recirc"),
  can("ct_state", "CT state"),
  can("ct_zone", "CT zone"),
  can("ct_mark", "CT mark"),
  can("ct_label", "CT label"),
  can("ct_state_nat", "CT state NAT"),
  can("ct_orig_tuple", "CT orig tuple"),
  can("ct_orig_tuple6", "CT orig tuple for IPv6"),
  can("nd_ext", "IPv6 ND Extension"),
];

export const showFeatures: UnixctlCommand = {
  name: "dpif/show-dp-features",
  usage: "bridge",
  minimum: 1,
  maximum: 1,
  run(daemon, [name]) {
    bridgeNamed(daemon, name);
    const set = settingsOf(daemon).features;
    return features
      .map((feature) => {
        const value = set.get(feature.name) ?? String(feature.value);
        return `${feature.title}: ${value === "true" ? "Yes" : value === "false" ? "No" : value}\n`;
      })
      .join("");
  },
};

export const setFeatures: UnixctlCommand = {
  name: "dpif/set-dp-features",
  usage: "bridge",
  minimum: 1,
  maximum: 3,
  async run(daemon, [bridge, name, value]) {
    const { withheld } = bridgeNamed(daemon, bridge);
    const set = settingsOf(daemon).features;
    const line = (feature: Feature): string => {
      const now = set.get(feature.name) ?? feature.value;
      return `${feature.name} (${feature.title}) : [run time]:${now}, [boot time]:${feature.value}\n`;
    };
    if (name === undefined) return features.map(line).join("");
    const feature = features.find((candidate) => candidate.name === name);
    if (feature === undefined) return "Unexpected support field";
    if (value === undefined) return line(feature);
    const complaint = complaintAbout(feature, value);
    if (complaint !== undefined) return complaint;
    const text = typeof feature.value === "boolean" ? value.toLowerCase() : value;
    set.set(name, text);
    if (name === "trunc" || name === "add_mpls") {
      if (text === "false") withheld.add(name);
      else withheld.delete(name);
      daemon.switch.revalidator.everything();
    }
    return "";
  },
};

function complaintAbout({ value: most }: Feature, value: string): string | undefined {
  if (typeof most === "boolean") {
    return /^(true|false)$/i.test(value) ? undefined : "Boolean value expected";
  }
  if (!/^\d+$/.test(value)) return "Integer number expected";
  return Number(value) > most ? "Can not set value beyond the datapath capability" : undefined;
}
