/**
 * Which packets have a field at all: nw_src needs an IPv4 packet, tcp_dst a TCP one that is not a later fragment.
 */
import {
  CT_STATE_DNAT,
  CT_STATE_ESTABLISHED,
  CT_STATE_INVALID,
  CT_STATE_NEW,
  CT_STATE_RELATED,
  CT_STATE_REPLY,
  CT_STATE_SNAT,
  CT_STATE_TRACKED,
  KEY_CT_NW_PROTO,
  KEY_CT_STATE,
  KEY_ETH_TYPE,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_VLAN_TCI0,
  NW_FRAG_LATER,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import type { Field, Prerequisite } from "./field.ts";
import { FLOW_PACKET_TYPE } from "./flow-layout.ts";

export const ETH_TYPE_IP = 0x0800;
export const ETH_TYPE_ARP = 0x0806;
export const ETH_TYPE_RARP = 0x8035;
export const ETH_TYPE_IPV6 = 0x86dd;
export const ETH_TYPE_MPLS = 0x8847;
export const ETH_TYPE_MPLS_MULTICAST = 0x8848;
export const IP_PROTO_ICMP = 1;
export const IP_PROTO_TCP = 6;
export const IP_PROTO_UDP = 17;
export const IP_PROTO_ICMPV6 = 58;
export const IP_PROTO_SCTP = 132;
export const ND_SOLICIT = 135;
export const ND_ADVERT = 136;

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

const protocols: Partial<Record<Prerequisite, number>> = {
  tcp: IP_PROTO_TCP,
  udp: IP_PROTO_UDP,
  sctp: IP_PROTO_SCTP,
  icmpv4: IP_PROTO_ICMP,
  icmpv6: IP_PROTO_ICMPV6,
  nd: IP_PROTO_ICMPV6,
  nd_solicit: IP_PROTO_ICMPV6,
  nd_advert: IP_PROTO_ICMPV6,
};

/**
 * Whether the packet (or match value) has the field. With `wildcards`, what was looked at to know is marked there.
 * A match passes its mask as `known`: bits it leaves open do not satisfy anything.
 */
export function hasPrerequisites(
  flow: Uint8Array,
  target: Field,
  wildcards: Uint8Array | null = null,
  known: Uint8Array | null = null,
): boolean {
  const need = target.prerequisite;
  if (need === "none") return true;
  if (need === "ethernet") {
    if (wildcards) wildcards.fill(0xff, FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + 4);
    return u16(flow, FLOW_PACKET_TYPE) === 0 && u16(flow, FLOW_PACKET_TYPE + 2) === 0;
  }
  if (need === "vlan") {
    if (wildcards) wildcards[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
    if (known && (known[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) === 0) return false;
    return (flow[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) !== 0;
  }
  if (wildcards) wildcards.fill(0xff, KEY_ETH_TYPE, KEY_ETH_TYPE + 2);
  if (known && u16(known, KEY_ETH_TYPE) !== 0xffff) return false;
  const etherType = u16(flow, KEY_ETH_TYPE);
  const ipv4 = etherType === ETH_TYPE_IP;
  const ipv6 = etherType === ETH_TYPE_IPV6;
  switch (need) {
    case "ipv4":
      return ipv4;
    case "ipv6":
      return ipv6;
    case "ip":
      return ipv4 || ipv6;
    case "arp":
      return etherType === ETH_TYPE_ARP || etherType === ETH_TYPE_RARP;
    case "mpls":
      return etherType === ETH_TYPE_MPLS || etherType === ETH_TYPE_MPLS_MULTICAST;
    case "ct":
      return hasTrackedTuple(flow, target, wildcards, known, ipv4, ipv6);
  }
  const family = need === "icmpv4" ? ipv4 : need.startsWith("icmpv6") || need.startsWith("nd") ? ipv6 : ipv4 || ipv6;
  if (!family) return false;
  if (wildcards) {
    wildcards[KEY_NW_PROTO] = 0xff;
    wildcards[KEY_NW_FRAG] |= NW_FRAG_LATER;
  }
  if (known && known[KEY_NW_PROTO] !== 0xff) return false;
  if (flow[KEY_NW_PROTO] !== protocols[need] || flow[KEY_NW_FRAG] & NW_FRAG_LATER) return false;
  if (!need.startsWith("nd")) return true;
  if (wildcards) {
    wildcards.fill(0xff, KEY_TP_SRC, KEY_TP_SRC + 2);
    wildcards.fill(0xff, KEY_TP_DST, KEY_TP_DST + 2);
  }
  return isNeighbourDiscovery(flow, need, known);
}

function isNeighbourDiscovery(flow: Uint8Array, need: Prerequisite, known: Uint8Array | null): boolean {
  if (known && known[KEY_TP_SRC + 1] !== 0xff) return false;
  const type = u16(flow, KEY_TP_SRC);
  // A match may leave the code open: neighbour discovery has no other code than 0.
  if (u16(flow, KEY_TP_DST) !== 0) return false;
  if (need === "nd_solicit") return type === ND_SOLICIT;
  if (need === "nd_advert") return type === ND_ADVERT;
  return type === ND_SOLICIT || type === ND_ADVERT;
}

/** ct_nw_*, ct_ipv6_*, ct_tp_*: the packet was tracked and its connection has a tuple of that family. */
function hasTrackedTuple(
  flow: Uint8Array,
  target: Field,
  wildcards: Uint8Array | null,
  known: Uint8Array | null,
  ipv4: boolean,
  ipv6: boolean,
): boolean {
  if (target.name.startsWith("ct_nw_") && target.name !== "ct_nw_proto" && !ipv4) return false;
  if (target.name.startsWith("ct_ipv6_") && !ipv6) return false;
  // A match must say that the packet has a connection: by what it is in it, or that it is not invalid.
  if (known) return (ipv4 || ipv6) && impliesConnection(u16(flow, KEY_CT_STATE), u16(known, KEY_CT_STATE));
  if (wildcards) wildcards[KEY_CT_NW_PROTO] = 0xff;
  return (ipv4 || ipv6) && flow[KEY_CT_NW_PROTO] !== 0;
}

const IN_CONNECTION =
  CT_STATE_NEW | CT_STATE_ESTABLISHED | CT_STATE_RELATED | CT_STATE_REPLY | CT_STATE_SNAT | CT_STATE_DNAT;

function impliesConnection(state: number, mask: number): boolean {
  if (state & IN_CONNECTION) return true;
  return (state & CT_STATE_TRACKED) !== 0 && (mask & ~state & CT_STATE_INVALID) !== 0;
}
