/**
 * What: the one list of all match fields, with the names that NXM, OXM and ovs-ofctl know them by.
 * Invariants: the order is OVS's (lib/meta-flow.h), because select groups hash their fields in it; a field of fewer bytes on
 *   the wire than in the flow (or the other way round) is the wire codec's affair.
 * Not handled: NSH, ERSPAN and GTP-U fields, registers past reg15: the flow has no room for them.
 */
import {
  KEY_ARP_SHA,
  KEY_ARP_THA,
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_NW_DST,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_STATE,
  KEY_CT_TP_DST,
  KEY_CT_TP_SRC,
  KEY_CT_ZONE,
  KEY_DP_HASH,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_IPV6_DST,
  KEY_IPV6_LABEL,
  KEY_IPV6_SRC,
  KEY_MPLS_LSE0,
  KEY_ND_OPTIONS_TYPE,
  KEY_ND_RESERVED,
  KEY_ND_TARGET,
  KEY_NW_DST,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_PKT_MARK,
  KEY_RECIRC_ID,
  KEY_SKB_PRIORITY,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_GBP_FLAGS,
  KEY_TUN_GBP_ID,
  KEY_TUN_ID,
  KEY_TUN_IPV6_DST,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_METADATA,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TTL,
  KEY_VLAN_TCI0,
} from "../../../assembly/layout/key.ts";
import type { Field, Prerequisite } from "./field.ts";
import { FLOW_ACTSET_OUTPUT, FLOW_CONJ_ID, FLOW_METADATA, FLOW_PACKET_TYPE, FLOW_REGS } from "./flow-layout.ts";

/** Names, first OVS's own, then `|`-separated others; the first one that begins with NXM_ or OXM_ is what moves print. */
type Names = string;
/** `m` maskable, `w` writable. */
type Access = "" | "m" | "w" | "mw";
/** Offset, bytes, bits (default: all of the bytes), shift, bits as OpenFlow counts them (default: the same). */
type Place = readonly [offset: number, bytes: number, bits?: number, shift?: number, namedBits?: number];
type Row = readonly [Names, Place, Access, Field["format"], Prerequisite?];

const TUNNEL_METADATA_FIELDS = 64;
/** Until a TLV map says otherwise, tun_metadata0…31 are 4 bytes each. */
const TUNNEL_METADATA_DEFAULT_BYTES = 4;
const TUNNEL_METADATA_ROOM = 128;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const rows: readonly Row[] = [
  ["dp_hash|NXM_NX_DP_HASH|NXOXM_ET_DP_HASH", [KEY_DP_HASH, 4], "m", "hex"],
  ["recirc_id|NXM_NX_RECIRC_ID", [KEY_RECIRC_ID, 4], "", "decimal"],
  ["packet_type|OXM_OF_PACKET_TYPE", [FLOW_PACKET_TYPE, 4], "", "packet_type"],
  ["conj_id|NXM_NX_CONJ_ID", [FLOW_CONJ_ID, 4], "", "decimal"],
  ["tun_id|tunnel_id|NXM_NX_TUN_ID|OXM_OF_TUNNEL_ID", [KEY_TUN_ID, 8], "mw", "hex"],
  ["tun_src|NXM_NX_TUN_IPV4_SRC", [KEY_TUN_SRC, 4], "mw", "ipv4"],
  ["tun_dst|NXM_NX_TUN_IPV4_DST", [KEY_TUN_DST, 4], "mw", "ipv4"],
  ["tun_ipv6_src|NXM_NX_TUN_IPV6_SRC", [KEY_TUN_IPV6_SRC, 16], "mw", "ipv6"],
  ["tun_ipv6_dst|NXM_NX_TUN_IPV6_DST", [KEY_TUN_IPV6_DST, 16], "mw", "ipv6"],
  ["tun_flags|NXM_NX_TUN_FLAGS", [KEY_TUN_FLAGS, 2, 1, 3], "mw", "tunnel_flags"],
  ["tun_ttl", [KEY_TUN_TTL, 1], "", "decimal"],
  ["tun_tos", [KEY_TUN_TOS, 1], "", "decimal"],
  ["tun_gbp_id|NXM_NX_TUN_GBP_ID", [KEY_TUN_GBP_ID, 2], "mw", "decimal"],
  ["tun_gbp_flags|NXM_NX_TUN_GBP_FLAGS", [KEY_TUN_GBP_FLAGS, 1], "mw", "hex"],
  ...range(TUNNEL_METADATA_FIELDS).map((n): Row => {
    const offset = n * TUNNEL_METADATA_DEFAULT_BYTES;
    const bytes = offset < TUNNEL_METADATA_ROOM ? TUNNEL_METADATA_DEFAULT_BYTES : 0;
    return [`tun_metadata${n}|NXM_NX_TUN_METADATA${n}`, [KEY_TUN_METADATA + (bytes && offset), bytes], "mw", "hex"];
  }),
  ["metadata|OXM_OF_METADATA", [FLOW_METADATA, 8], "mw", "hex"],
  ["in_port|NXM_OF_IN_PORT", [KEY_IN_PORT, 4, 16], "w", "port"],
  ["in_port_oxm|OXM_OF_IN_PORT", [KEY_IN_PORT, 4], "w", "port"],
  ["actset_output|ONFOXM_ET_ACTSET_OUTPUT|OXM_OF_ACTSET_OUTPUT", [FLOW_ACTSET_OUTPUT, 4], "", "port"],
  ["skb_priority", [KEY_SKB_PRIORITY, 4], "", "hex"],
  ["pkt_mark|NXM_NX_PKT_MARK", [KEY_PKT_MARK, 4], "mw", "hex"],
  ["ct_state|NXM_NX_CT_STATE", [KEY_CT_STATE, 2], "m", "ct_state"],
  ["ct_zone|NXM_NX_CT_ZONE", [KEY_CT_ZONE, 2], "", "hex"],
  ["ct_mark|NXM_NX_CT_MARK", [KEY_CT_MARK, 4], "mw", "hex"],
  ["ct_label|NXM_NX_CT_LABEL", [KEY_CT_LABEL, 16], "mw", "hex"],
  ["ct_nw_proto|NXM_NX_CT_NW_PROTO", [KEY_CT_NW_PROTO, 1], "", "decimal", "ct"],
  ["ct_nw_src|NXM_NX_CT_NW_SRC", [KEY_CT_NW_SRC, 4], "m", "ipv4", "ct"],
  ["ct_nw_dst|NXM_NX_CT_NW_DST", [KEY_CT_NW_DST, 4], "m", "ipv4", "ct"],
  ["ct_ipv6_src|NXM_NX_CT_IPV6_SRC", [KEY_CT_IPV6_SRC, 16], "m", "ipv6", "ct"],
  ["ct_ipv6_dst|NXM_NX_CT_IPV6_DST", [KEY_CT_IPV6_DST, 16], "m", "ipv6", "ct"],
  ["ct_tp_src|NXM_NX_CT_TP_SRC", [KEY_CT_TP_SRC, 2], "m", "decimal", "ct"],
  ["ct_tp_dst|NXM_NX_CT_TP_DST", [KEY_CT_TP_DST, 2], "m", "decimal", "ct"],
  ...range(16).map((n): Row => [`reg${n}|NXM_NX_REG${n}`, [FLOW_REGS + 4 * n, 4], "mw", "hex"]),
  ...range(8).map((n): Row => [`xreg${n}|OXM_OF_PKT_REG${n}`, [FLOW_REGS + 8 * n, 8], "mw", "hex"]),
  ...range(4).map((n): Row => [`xxreg${n}|NXM_NX_XXREG${n}`, [FLOW_REGS + 16 * n, 16], "mw", "hex"]),
  ["eth_src|dl_src|NXM_OF_ETH_SRC|OXM_OF_ETH_SRC", [KEY_ETH_SRC, 6], "mw", "mac", "ethernet"],
  ["eth_dst|dl_dst|NXM_OF_ETH_DST|OXM_OF_ETH_DST", [KEY_ETH_DST, 6], "mw", "mac", "ethernet"],
  ["eth_type|dl_type|NXM_OF_ETH_TYPE|OXM_OF_ETH_TYPE", [KEY_ETH_TYPE, 2], "", "hex", "ethernet"],
  ["vlan_tci|NXM_OF_VLAN_TCI", [KEY_VLAN_TCI0, 2], "mw", "hex", "ethernet"],
  ["dl_vlan", [KEY_VLAN_TCI0, 2, 12], "w", "decimal", "ethernet"],
  // 13 bits: OpenFlow's OFPVID_PRESENT is the bit above the identifier.
  ["vlan_vid|OXM_OF_VLAN_VID", [KEY_VLAN_TCI0, 2, 13], "mw", "decimal", "ethernet"],
  ["dl_vlan_pcp", [KEY_VLAN_TCI0, 1, 3, 5], "w", "decimal", "ethernet"],
  ["vlan_pcp|OXM_OF_VLAN_PCP", [KEY_VLAN_TCI0, 1, 3, 5], "w", "decimal", "vlan"],
  ["mpls_label|OXM_OF_MPLS_LABEL", [KEY_MPLS_LSE0, 4, 20, 12], "w", "decimal", "mpls"],
  ["mpls_tc|OXM_OF_MPLS_TC", [KEY_MPLS_LSE0 + 2, 1, 3, 1], "w", "decimal", "mpls"],
  ["mpls_bos|OXM_OF_MPLS_BOS", [KEY_MPLS_LSE0 + 2, 1, 1], "", "decimal", "mpls"],
  ["mpls_ttl|NXM_NX_MPLS_TTL", [KEY_MPLS_LSE0 + 3, 1], "w", "decimal", "mpls"],
  ["ip_src|nw_src|NXM_OF_IP_SRC|OXM_OF_IPV4_SRC", [KEY_NW_SRC, 4], "mw", "ipv4", "ipv4"],
  ["ip_dst|nw_dst|NXM_OF_IP_DST|OXM_OF_IPV4_DST", [KEY_NW_DST, 4], "mw", "ipv4", "ipv4"],
  ["ipv6_src|NXM_NX_IPV6_SRC|OXM_OF_IPV6_SRC", [KEY_IPV6_SRC, 16], "mw", "ipv6", "ipv6"],
  ["ipv6_dst|NXM_NX_IPV6_DST|OXM_OF_IPV6_DST", [KEY_IPV6_DST, 16], "mw", "ipv6", "ipv6"],
  ["ipv6_label|NXM_NX_IPV6_LABEL|OXM_OF_IPV6_FLABEL", [KEY_IPV6_LABEL, 4, 20], "mw", "hex", "ipv6"],
  ["nw_proto|ip_proto|NXM_OF_IP_PROTO|OXM_OF_IP_PROTO", [KEY_NW_PROTO, 1], "", "decimal", "ip"],
  // DSCP as the whole byte: its two low bits are ECN's and are never touched (fieldMask).
  ["nw_tos|NXM_OF_IP_TOS", [KEY_NW_TOS, 1], "w", "decimal", "ip"],
  ["ip_dscp|OXM_OF_IP_DSCP", [KEY_NW_TOS, 1, 6, 2], "w", "decimal", "ip"],
  ["nw_ecn|ip_ecn|NXM_NX_IP_ECN|OXM_OF_IP_ECN", [KEY_NW_TOS, 1, 2], "w", "decimal", "ip"],
  ["nw_ttl|ip_ttl|NXM_NX_IP_TTL", [KEY_NW_TTL, 1], "w", "decimal", "ip"],
  ["ip_frag|nw_frag|NXM_NX_IP_FRAG", [KEY_NW_FRAG, 1, 2], "m", "frag", "ip"],
  // The opcode's low byte; the parser leaves nothing of opcodes above 255.
  ["arp_op|NXM_OF_ARP_OP|OXM_OF_ARP_OP", [KEY_NW_PROTO, 1, 8, 0, 16], "w", "decimal", "arp"],
  ["arp_spa|NXM_OF_ARP_SPA|OXM_OF_ARP_SPA", [KEY_NW_SRC, 4], "mw", "ipv4", "arp"],
  ["arp_tpa|NXM_OF_ARP_TPA|OXM_OF_ARP_TPA", [KEY_NW_DST, 4], "mw", "ipv4", "arp"],
  ["arp_sha|NXM_NX_ARP_SHA|OXM_OF_ARP_SHA", [KEY_ARP_SHA, 6], "mw", "mac", "arp"],
  ["arp_tha|NXM_NX_ARP_THA|OXM_OF_ARP_THA", [KEY_ARP_THA, 6], "mw", "mac", "arp"],
  ["tcp_src|tp_src|NXM_OF_TCP_SRC|OXM_OF_TCP_SRC", [KEY_TP_SRC, 2], "mw", "decimal", "tcp"],
  ["tcp_dst|tp_dst|NXM_OF_TCP_DST|OXM_OF_TCP_DST", [KEY_TP_DST, 2], "mw", "decimal", "tcp"],
  ["tcp_flags|NXM_NX_TCP_FLAGS|ONFOXM_ET_TCP_FLAGS|OXM_OF_TCP_FLAGS", [KEY_TCP_FLAGS, 2, 12], "m", "tcp_flags", "tcp"],
  ["udp_src|NXM_OF_UDP_SRC|OXM_OF_UDP_SRC", [KEY_TP_SRC, 2], "mw", "decimal", "udp"],
  ["udp_dst|NXM_OF_UDP_DST|OXM_OF_UDP_DST", [KEY_TP_DST, 2], "mw", "decimal", "udp"],
  ["sctp_src|OXM_OF_SCTP_SRC", [KEY_TP_SRC, 2], "mw", "decimal", "sctp"],
  ["sctp_dst|OXM_OF_SCTP_DST", [KEY_TP_DST, 2], "mw", "decimal", "sctp"],
  // ICMP keeps type and code in the low bytes of the two port fields.
  ["icmp_type|NXM_OF_ICMP_TYPE|OXM_OF_ICMPV4_TYPE", [KEY_TP_SRC, 2, 8], "w", "decimal", "icmpv4"],
  ["icmp_code|NXM_OF_ICMP_CODE|OXM_OF_ICMPV4_CODE", [KEY_TP_DST, 2, 8], "w", "decimal", "icmpv4"],
  ["icmpv6_type|NXM_NX_ICMPV6_TYPE|OXM_OF_ICMPV6_TYPE", [KEY_TP_SRC, 2, 8], "w", "decimal", "icmpv6"],
  ["icmpv6_code|NXM_NX_ICMPV6_CODE|OXM_OF_ICMPV6_CODE", [KEY_TP_DST, 2, 8], "w", "decimal", "icmpv6"],
  ["nd_target|NXM_NX_ND_TARGET|OXM_OF_IPV6_ND_TARGET", [KEY_ND_TARGET, 16], "mw", "ipv6", "nd"],
  ["nd_sll|NXM_NX_ND_SLL|OXM_OF_IPV6_ND_SLL", [KEY_ARP_SHA, 6], "mw", "mac", "nd_solicit"],
  ["nd_tll|NXM_NX_ND_TLL|OXM_OF_IPV6_ND_TLL", [KEY_ARP_THA, 6], "mw", "mac", "nd_advert"],
  ["nd_reserved|ERICOXM_OF_ICMPV6_ND_RESERVED", [KEY_ND_RESERVED, 4], "w", "decimal", "nd"],
  ["nd_options_type|ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", [KEY_ND_OPTIONS_TYPE, 1], "w", "decimal", "nd"],
];

function fieldOf(row: Row, id: number): Field {
  const [names, place, access, format, prerequisite = "none"] = row;
  const [offset, bytes, bits = bytes * 8, shift = 0, namedBits = bits] = place;
  const [name, ...aliases] = names.split("|");
  return {
    name,
    aliases,
    nxmName: aliases.find((alias) => /^(NXM|OXM|ONFOXM|NXOXM|ERICOXM)_/.test(alias)) ?? name,
    id,
    offset,
    bytes,
    bits,
    shift,
    namedBits,
    maskable: access.includes("m"),
    writable: access.includes("w"),
    prerequisite,
    format,
  };
}

const list: Field[] = rows.map(fieldOf);
const byName = new Map<string, Field>();

function register(field: Field): void {
  list[field.id] = field;
  for (const name of [field.name, ...field.aliases]) byName.set(name.toLowerCase(), field);
}
list.forEach(register);

/** All fields, in `id` order. */
export const fields: readonly Field[] = list;

/** Looks a field up by any of its names, without regard to case. */
export function fieldByName(name: string): Field | undefined {
  return byName.get(name.toLowerCase());
}

/**
 * A field known to exist; for code that names it in its source.
 * @throws RangeError for a name that is not in the list: a mistake in the caller.
 */
export function field(name: string): Field {
  const found = fieldByName(name);
  if (!found) throw new RangeError(`no field is called ${name}`);
  return found;
}

/**
 * Places an option of the TLV map (NXT_TLV_TABLE_MOD): from now on tun_metadata`index` is `bytes` long at `offset` of the
 * tunnel metadata. Rules made before hold the old field.
 */
export function mapTunnelMetadata(index: number, offset: number, bytes: number): Field {
  if (index < 0 || index >= TUNNEL_METADATA_FIELDS) throw new RangeError(`tun_metadata${index} does not exist`);
  if (bytes % 4 !== 0 || offset % 4 !== 0 || offset + bytes > TUNNEL_METADATA_ROOM) {
    throw new RangeError(`tun_metadata${index}: ${bytes} bytes at ${offset} do not fit in ${TUNNEL_METADATA_ROOM}`);
  }
  const old = field(`tun_metadata${index}`);
  const placed: Field = { ...old, offset: KEY_TUN_METADATA + offset, bytes, bits: bytes * 8 };
  register(placed);
  return placed;
}

/** The index n of a tun_metadata<n> field, or -1. */
export function tunnelMetadataIndex(candidate: Field): number {
  return candidate.name.startsWith("tun_metadata") ? Number(candidate.name.slice("tun_metadata".length)) : -1;
}
