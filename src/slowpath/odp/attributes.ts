/**
 * What: the parts of a datapath key in the order that ovs-dpctl prints them, each with its place in the key (assembly/layout/key.ts).
 *   Those of one plain shape are in this table; tunnel, VLAN, MPLS and flags have files of their own.
 */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_NW_DST,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_TP_DST,
  KEY_CT_TP_SRC,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_TP_DST,
  KEY_TP_SRC,
} from "../../../assembly/layout/key.ts";
import type { ValueFormat } from "./values.ts";

export interface Part {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly format: ValueFormat | "frag";
  /** All ones of a value that has fewer bits than its bytes. */
  readonly full?: bigint;
}

const part = (name: string, offset: number, bytes: number, format: Part["format"], full?: bigint): Part => ({
  name,
  offset,
  bytes,
  format,
  full,
});

const ports: readonly Part[] = [part("src", KEY_TP_SRC, 2, "decimal"), part("dst", KEY_TP_DST, 2, "decimal")];
const icmp: readonly Part[] = [part("type", KEY_TP_SRC + 1, 1, "decimal"), part("code", KEY_TP_DST + 1, 1, "decimal")];

export const attributes = {
  ct_tuple4: [
    part("src", KEY_CT_NW_SRC, 4, "ipv4"),
    part("dst", KEY_CT_NW_DST, 4, "ipv4"),
    part("proto", KEY_CT_NW_PROTO, 1, "decimal"),
    part("tp_src", KEY_CT_TP_SRC, 2, "decimal"),
    part("tp_dst", KEY_CT_TP_DST, 2, "decimal"),
  ],
  ct_tuple6: [
    part("src", KEY_CT_IPV6_SRC, 16, "ipv6"),
    part("dst", KEY_CT_IPV6_DST, 16, "ipv6"),
    part("proto", KEY_CT_NW_PROTO, 1, "decimal"),
    part("src_port", KEY_CT_TP_SRC, 2, "decimal"),
    part("dst_port", KEY_CT_TP_DST, 2, "decimal"),
  ],
  eth: [part("src", KEY_ETH_SRC, 6, "mac"), part("dst", KEY_ETH_DST, 6, "mac")],
  ipv4: [
    part("src", KEY_NW_SRC, 4, "ipv4"),
    part("dst", KEY_NW_DST, 4, "ipv4"),
    part("proto", KEY_NW_PROTO, 1, "decimal"),
    part("tos", KEY_NW_TOS, 1, "hex"),
    part("ttl", KEY_NW_TTL, 1, "decimal"),
    part("frag", KEY_NW_FRAG, 1, "frag"),
  ],
  ipv6: [
    part("src", KEY_IPV6_SRC, 16, "ipv6"),
    part("dst", KEY_IPV6_DST, 16, "ipv6"),
    part("label", KEY_IPV6_LABEL, 4, "hex", 0xfffffn),
    part("proto", KEY_NW_PROTO, 1, "decimal"),
    part("tclass", KEY_NW_TOS, 1, "hex"),
    part("hlimit", KEY_NW_TTL, 1, "decimal"),
    part("frag", KEY_NW_FRAG, 1, "frag"),
  ],
  arp: [
    part("sip", KEY_NW_SRC, 4, "ipv4"),
    part("tip", KEY_NW_DST, 4, "ipv4"),
    part("op", KEY_NW_PROTO, 1, "decimal"),
    part("sha", KEY_ARP_SHA, 6, "mac"),
    part("tha", KEY_ARP_THA, 6, "mac"),
  ],
  tcp: ports,
  udp: ports,
  sctp: ports,
  icmp,
  icmpv6: icmp,
  nd: [
    part("target", KEY_ND_TARGET, 16, "ipv6"),
    part("sll", KEY_ARP_SHA, 6, "mac"),
    part("tll", KEY_ARP_THA, 6, "mac"),
  ],
  nd_ext: [
    part("nd_reserved", KEY_ND_RESERVED, 4, "long_hex"),
    part("nd_options_type", KEY_ND_OPTIONS_TYPE, 1, "decimal"),
  ],
} as const satisfies Record<string, readonly Part[]>;

export type AttributeName = keyof typeof attributes;

export function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(attributes, name);
}
