/**
 * The list of all NXM and OXM headers: which field of flow/fields.ts each stands for, and since when.
 *
 * What: one row a header. A field may have several: NXM's (any version, `nxm`) and OpenFlow's own (from the version given).
 *   In order of preference: encoding takes the last row of the field that the version allows.
 * Not handled: NSH, ERSPAN and GTP-U fields, as flow/fields.ts.
 */
import type { Field } from "../../slowpath/flow/field.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { NICIRA, ONF } from "../wire/experimenters.ts";
import { OF12, OF13, OF15, type Version } from "../wire/version.ts";

const NXM_OF = 0x0000;
const NXM_NX = 0x0001;
const ERICSSON = 0x1000;
const OXM_OF = 0x8000;
const PACKET_REGISTERS = 0x8001;
const EXPERIMENTER = 0xffff;

/** `nxm`: known in every version. */
type Since = "nxm" | Version;

type Row = readonly [
  field: string,
  oxmClass: number,
  number: number,
  bytes: number,
  since: Since,
  experimenter?: number,
];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const rows: readonly Row[] = [
  ["dp_hash", NXM_NX, 35, 4, "nxm"],
  ["dp_hash", EXPERIMENTER, 0, 4, OF12, NICIRA],
  ["recirc_id", NXM_NX, 36, 4, "nxm"],
  ["packet_type", OXM_OF, 44, 4, OF15],
  ["conj_id", NXM_NX, 37, 4, "nxm"],
  ["tun_id", NXM_NX, 16, 8, "nxm"],
  ["tun_id", OXM_OF, 38, 8, OF13],
  ["tun_src", NXM_NX, 31, 4, "nxm"],
  ["tun_dst", NXM_NX, 32, 4, "nxm"],
  ["tun_ipv6_src", NXM_NX, 109, 16, "nxm"],
  ["tun_ipv6_dst", NXM_NX, 110, 16, "nxm"],
  ["tun_flags", NXM_NX, 104, 2, "nxm"],
  ["tun_gbp_id", NXM_NX, 38, 2, "nxm"],
  ["tun_gbp_flags", NXM_NX, 39, 1, "nxm"],
  // As long as the TLV map says (header.ts).
  ...range(64).map((n): Row => [`tun_metadata${n}`, NXM_NX, 40 + n, 0, "nxm"]),
  ["metadata", OXM_OF, 2, 8, "nxm"],
  ["in_port", NXM_OF, 0, 2, "nxm"],
  ["in_port_oxm", OXM_OF, 0, 4, OF12],
  ["actset_output", EXPERIMENTER, 43, 4, OF13, ONF],
  ["actset_output", OXM_OF, 43, 4, OF15],
  ["pkt_mark", NXM_NX, 33, 4, "nxm"],
  ["ct_state", NXM_NX, 105, 4, "nxm"],
  ["ct_zone", NXM_NX, 106, 2, "nxm"],
  ["ct_mark", NXM_NX, 107, 4, "nxm"],
  ["ct_label", NXM_NX, 108, 16, "nxm"],
  ["ct_nw_proto", NXM_NX, 119, 1, "nxm"],
  ["ct_nw_src", NXM_NX, 120, 4, "nxm"],
  ["ct_nw_dst", NXM_NX, 121, 4, "nxm"],
  ["ct_ipv6_src", NXM_NX, 122, 16, "nxm"],
  ["ct_ipv6_dst", NXM_NX, 123, 16, "nxm"],
  ["ct_tp_src", NXM_NX, 124, 2, "nxm"],
  ["ct_tp_dst", NXM_NX, 125, 2, "nxm"],
  ...range(16).map((n): Row => [`reg${n}`, NXM_NX, n, 4, "nxm"]),
  ...range(8).map((n): Row => [`xreg${n}`, PACKET_REGISTERS, n, 8, "nxm"]),
  ...range(4).map((n): Row => [`xxreg${n}`, NXM_NX, 111 + n, 16, "nxm"]),
  ["eth_src", NXM_OF, 2, 6, "nxm"],
  ["eth_src", OXM_OF, 4, 6, OF12],
  ["eth_dst", NXM_OF, 1, 6, "nxm"],
  ["eth_dst", OXM_OF, 3, 6, OF12],
  ["eth_type", NXM_OF, 3, 2, "nxm"],
  ["eth_type", OXM_OF, 5, 2, OF12],
  ["vlan_tci", NXM_OF, 4, 2, "nxm"],
  ["vlan_vid", OXM_OF, 6, 2, OF12],
  ["vlan_pcp", OXM_OF, 7, 1, OF12],
  ["mpls_label", OXM_OF, 34, 4, OF12],
  ["mpls_tc", OXM_OF, 35, 1, OF12],
  ["mpls_bos", OXM_OF, 36, 1, OF13],
  ["mpls_ttl", NXM_NX, 30, 1, "nxm"],
  ["ip_src", NXM_OF, 7, 4, "nxm"],
  ["ip_src", OXM_OF, 11, 4, OF12],
  ["ip_dst", NXM_OF, 8, 4, "nxm"],
  ["ip_dst", OXM_OF, 12, 4, OF12],
  ["ipv6_src", NXM_NX, 19, 16, "nxm"],
  ["ipv6_src", OXM_OF, 26, 16, OF12],
  ["ipv6_dst", NXM_NX, 20, 16, "nxm"],
  ["ipv6_dst", OXM_OF, 27, 16, OF12],
  ["ipv6_label", NXM_NX, 27, 4, "nxm"],
  ["ipv6_label", OXM_OF, 28, 4, OF12],
  ["nw_proto", NXM_OF, 6, 1, "nxm"],
  ["nw_proto", OXM_OF, 10, 1, OF12],
  ["nw_tos", NXM_OF, 5, 1, "nxm"],
  ["ip_dscp", OXM_OF, 8, 1, OF12],
  ["nw_ecn", NXM_NX, 28, 1, "nxm"],
  ["nw_ecn", OXM_OF, 9, 1, OF12],
  ["nw_ttl", NXM_NX, 29, 1, "nxm"],
  ["ip_frag", NXM_NX, 26, 1, "nxm"],
  ["arp_op", NXM_OF, 15, 2, "nxm"],
  ["arp_op", OXM_OF, 21, 2, OF12],
  ["arp_spa", NXM_OF, 16, 4, "nxm"],
  ["arp_spa", OXM_OF, 22, 4, OF12],
  ["arp_tpa", NXM_OF, 17, 4, "nxm"],
  ["arp_tpa", OXM_OF, 23, 4, OF12],
  ["arp_sha", NXM_NX, 17, 6, "nxm"],
  ["arp_sha", OXM_OF, 24, 6, OF12],
  ["arp_tha", NXM_NX, 18, 6, "nxm"],
  ["arp_tha", OXM_OF, 25, 6, OF12],
  ["tcp_src", NXM_OF, 9, 2, "nxm"],
  ["tcp_src", OXM_OF, 13, 2, OF12],
  ["tcp_dst", NXM_OF, 10, 2, "nxm"],
  ["tcp_dst", OXM_OF, 14, 2, OF12],
  ["tcp_flags", NXM_NX, 34, 2, "nxm"],
  ["tcp_flags", EXPERIMENTER, 42, 2, OF13, ONF],
  ["tcp_flags", OXM_OF, 42, 2, OF15],
  ["udp_src", NXM_OF, 11, 2, "nxm"],
  ["udp_src", OXM_OF, 15, 2, OF12],
  ["udp_dst", NXM_OF, 12, 2, "nxm"],
  ["udp_dst", OXM_OF, 16, 2, OF12],
  ["sctp_src", OXM_OF, 17, 2, OF12],
  ["sctp_dst", OXM_OF, 18, 2, OF12],
  ["icmp_type", NXM_OF, 13, 1, "nxm"],
  ["icmp_type", OXM_OF, 19, 1, OF12],
  ["icmp_code", NXM_OF, 14, 1, "nxm"],
  ["icmp_code", OXM_OF, 20, 1, OF12],
  ["icmpv6_type", NXM_NX, 21, 1, "nxm"],
  ["icmpv6_type", OXM_OF, 29, 1, OF12],
  ["icmpv6_code", NXM_NX, 22, 1, "nxm"],
  ["icmpv6_code", OXM_OF, 30, 1, OF12],
  ["nd_target", NXM_NX, 23, 16, "nxm"],
  ["nd_target", OXM_OF, 31, 16, OF12],
  ["nd_sll", NXM_NX, 24, 6, "nxm"],
  ["nd_sll", OXM_OF, 32, 6, OF12],
  ["nd_tll", NXM_NX, 25, 6, "nxm"],
  ["nd_tll", OXM_OF, 33, 6, OF12],
  ["nd_reserved", ERICSSON, 1, 4, "nxm"],
  ["nd_options_type", ERICSSON, 2, 1, "nxm"],
];

/** A header as the list has it. */
export interface Oxm {
  readonly fieldName: string;
  readonly oxmClass: number;
  readonly number: number;
  /** Of the value; 0: as long as the TLV map says. */
  readonly bytes: number;
  readonly since: Since;
  readonly experimenter: number;
}

export const oxms: readonly Oxm[] = rows.map(([fieldName, oxmClass, number, bytes, since, experimenter = 0]) => {
  // A name that flow/fields.ts does not have is a mistake in the list.
  field(fieldName);
  return { fieldName, oxmClass, number, bytes, since, experimenter };
});

const keyOf = (oxmClass: number, number: number, experimenter: number): string =>
  `${oxmClass}:${number}:${experimenter}`;

const byKey = new Map(oxms.map((oxm) => [keyOf(oxm.oxmClass, oxm.number, oxm.experimenter), oxm]));
const byField = Map.groupBy(oxms, ({ fieldName }) => fieldName);

export function findOxm(oxmClass: number, number: number, experimenter: number): Oxm | undefined {
  return byKey.get(keyOf(oxmClass, number, experimenter));
}

/** The header for a field: in NXM's way, or as a version of OpenFlow prefers it. */
export function oxmOf(target: Field, version: Since): Oxm | undefined {
  const known = byField.get(target.name);
  if (version === "nxm") return known?.find(({ since }) => since === "nxm") ?? known?.[0];
  return known?.findLast(({ since }) => since === "nxm" || since <= version) ?? known?.[0];
}

export { EXPERIMENTER as OXM_CLASS_EXPERIMENTER };
