/**
 * What: prints a match as `ovs-ofctl dump-flows` does: order of the fields, shorthands (tcp, icmp6, arp), decimal or hex.
 * Source: observed output of OVS 3.1, and its lib/match.c for fields that the recordings do not show.
 */
import {
  KEY_CT_NW_PROTO,
  KEY_ETH_TYPE,
  KEY_NW_FRAG,
  KEY_NW_PROTO,
  KEY_TUN_METADATA_PRESENT,
  KEY_VLAN_TCI0,
  NW_FRAG_ANY,
  NW_FRAG_LATER,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import type { Match } from "../tables/rule.ts";
import { formatAddress, formatMac } from "./address-text.ts";
import type { Field } from "./field.ts";
import { field } from "./fields.ts";
import { ctStateNames, formatFlags, formatMaskedFlags, tcpFlagNames, tunnelFlagNames } from "./flag-text.ts";
import { fieldMask, getBigInt, getBytes, getNumber, isZero, sameBytes } from "./flow.ts";
import { tunnelMetadataPresent } from "./match.ts";
import { formatPort, type PortNames } from "./port-text.ts";
import {
  ETH_TYPE_ARP,
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_RARP,
  IP_PROTO_ICMP,
  IP_PROTO_ICMPV6,
  IP_PROTO_TCP,
} from "./prerequisites.ts";
import { protocolWord } from "./protocol-words.ts";
import { formatHex } from "./value-text.ts";

/** OpenFlow's default, which ovs-ofctl leaves out. */
export const DEFAULT_PRIORITY = 32768;

interface Writer {
  readonly match: Match;
  readonly ports?: PortNames;
  readonly out: string[];
}

/** The match alone, or with its priority; empty for a catch-all of default priority. */
export function formatMatch(match: Match, priority: number = DEFAULT_PRIORITY, ports?: PortNames): string {
  const w: Writer = { match, ports, out: [] };
  if (priority !== DEFAULT_PRIORITY) w.out.push(`priority=${priority}`);
  putMetadata(w);
  const type = getNumber(match.value, field("eth_type"));
  const typeKnown = (match.mask[KEY_ETH_TYPE] | match.mask[KEY_ETH_TYPE + 1]) !== 0;
  const protocol = match.mask[KEY_NW_PROTO] === 0 ? undefined : match.value[KEY_NW_PROTO];
  const word = typeKnown ? protocolWord(type, protocol) : undefined;
  if (word) w.out.push(word.text);
  putRegistersAndTunnel(w);
  putVlan(w);
  put(w, "dl_src", field("eth_src"), address);
  put(w, "dl_dst", field("eth_dst"), address);
  if (typeKnown && !word) w.out.push(`dl_type=0x${type.toString(16).padStart(4, "0")}`);
  putNetwork(w, type, protocol !== undefined && !word?.protocol);
  putTransport(w, type, protocol);
  return w.out.join(",");
}

type Formatter = (value: Uint8Array, mask: Uint8Array, target: Field) => string;

function put(w: Writer, name: string, target: Field, format: Formatter): void {
  const mask = getBytes(w.match.mask, target);
  if (!isZero(mask)) w.out.push(`${name}=${format(getBytes(w.match.value, target), mask, target)}`);
}

const toNumber = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const hex: Formatter = (value, mask, target) => {
  const text = formatHex(toNumber(value));
  return sameBytes(mask, fieldMask(target)) ? text : `${text}/${formatHex(toNumber(mask))}`;
};

/** Decimal when exact, otherwise hexadecimal with 0x even for zero. */
const decimal: Formatter = (value, mask, target) =>
  sameBytes(mask, fieldMask(target))
    ? toNumber(value).toString()
    : `0x${toNumber(value).toString(16)}/0x${toNumber(mask).toString(16)}`;

const address: Formatter = (value, mask) => {
  if (value.length !== 6) return formatAddress(value, mask);
  return mask.every((byte) => byte === 0xff) ? formatMac(value) : `${formatMac(value)}/${formatMac(mask)}`;
};

const label: Formatter = (value, mask, target) => {
  const five = (bytes: Uint8Array): string => `0x${toNumber(bytes).toString(16).padStart(5, "0")}`;
  return sameBytes(mask, fieldMask(target)) ? five(value) : `${five(value)}/${five(mask)}`;
};

function putMetadata(w: Writer): void {
  const port: Formatter = (value) => formatPort(Number(toNumber(value) & 0xffffn), w.ports);
  put(w, "pkt_mark", field("pkt_mark"), hex);
  put(w, "recirc_id", field("recirc_id"), hex);
  put(w, "dp_hash", field("dp_hash"), hex);
  put(w, "conj_id", field("conj_id"), decimal);
  put(w, "skb_priority", field("skb_priority"), hex);
  put(w, "actset_output", field("actset_output"), port);
  put(w, "ct_state", field("ct_state"), (value, mask) => {
    const [state, known] = [Number(toNumber(value)), Number(toNumber(mask)) & 0xff];
    return known === 0xff ? formatFlags(ctStateNames, state) : formatMaskedFlags(ctStateNames, state, known);
  });
  put(w, "ct_zone", field("ct_zone"), decimal);
  put(w, "ct_mark", field("ct_mark"), hex);
  put(w, "ct_label", field("ct_label"), hex);
  put(w, "ct_nw_src", field("ct_nw_src"), address);
  put(w, "ct_ipv6_src", field("ct_ipv6_src"), address);
  put(w, "ct_nw_dst", field("ct_nw_dst"), address);
  put(w, "ct_ipv6_dst", field("ct_ipv6_dst"), address);
  if (w.match.mask[KEY_CT_NW_PROTO]) {
    put(w, "ct_nw_proto", field("ct_nw_proto"), decimal);
    put(w, "ct_tp_src", field("ct_tp_src"), decimal);
    put(w, "ct_tp_dst", field("ct_tp_dst"), decimal);
  }
  const packetType = field("packet_type");
  if (getNumber(w.match.value, packetType) !== 0) {
    put(w, "packet_type", packetType, (value) => {
      const type = toNumber(value);
      return `(${type >> 16n},${formatHex(type & 0xffffn)})`;
    });
  } else if (getNumber(w.match.mask, packetType) !== 0 && getNumber(w.match.mask, field("recirc_id")) !== 0) {
    // Only megaflows, which always match on recirc_id, say that the packet is an Ethernet frame.
    w.out.push("eth");
  }
}

function putRegistersAndTunnel(w: Writer): void {
  for (let n = 0; n < 16; n++) put(w, `reg${n}`, field(`reg${n}`), hex);
  put(w, "tun_id", field("tun_id"), hex);
  for (const name of ["tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst"]) put(w, name, field(name), address);
  put(w, "tun_gbp_id", field("tun_gbp_id"), decimal);
  put(w, "tun_gbp_flags", field("tun_gbp_flags"), (value) => formatHex(value[0]));
  put(w, "tun_tos", field("tun_tos"), (value) => value[0].toString(16));
  put(w, "tun_ttl", field("tun_ttl"), decimal);
  if (getNumber(w.match.mask, field("tun_flags"))) {
    w.out.push(`tun_flags=${formatMaskedFlags(tunnelFlagNames, getNumber(w.match.value, field("tun_flags")), 1)}`);
  }
  if (!isZero(w.match.mask.subarray(KEY_TUN_METADATA_PRESENT, KEY_TUN_METADATA_PRESENT + 8))) putTunnelOptions(w);
  put(w, "metadata", field("metadata"), hex);
  put(w, "in_port", field("in_port"), (value) => formatPort(Number(toNumber(value) & 0xffffn), w.ports));
}

function putTunnelOptions(w: Writer): void {
  for (let n = 0; n < 64; n++) {
    if (!tunnelMetadataPresent(w.match.mask, n)) continue;
    const option = field(`tun_metadata${n}`);
    if (!tunnelMetadataPresent(w.match.value, n)) w.out.push(`tun_metadata${n}=NP`);
    else if (getBigInt(w.match.mask, option) === 0n) w.out.push(`tun_metadata${n}`);
    else put(w, `tun_metadata${n}`, option, hex);
  }
}

function putVlan(w: Writer): void {
  const { value, mask } = w.match;
  const tciMask = getNumber(mask, field("vlan_tci"));
  if (!tciMask) return;
  const tci = getNumber(value, field("vlan_tci"));
  const vid = tciMask & 0xfff;
  const pcp = tciMask >> 13;
  const four = (number: number): string => `0x${number.toString(16).padStart(4, "0")}`;
  if (tciMask & tci & VLAN_CFI && (vid === 0 || vid === 0xfff) && (pcp === 0 || pcp === 7) && (vid || pcp)) {
    if (vid) w.out.push(`dl_vlan=${tci & 0xfff}`);
    if (pcp) w.out.push(`dl_vlan_pcp=${value[KEY_VLAN_TCI0] >> 5}`);
  } else {
    w.out.push(`vlan_tci=${four(tci)}${tciMask === 0xffff ? "" : `/${four(tciMask)}`}`);
  }
}

function putNetwork(w: Writer, type: number, protocolOpen: boolean): void {
  const arp = type === ETH_TYPE_ARP || type === ETH_TYPE_RARP;
  if (type === ETH_TYPE_IPV6) {
    put(w, "ipv6_src", field("ipv6_src"), address);
    put(w, "ipv6_dst", field("ipv6_dst"), address);
    put(w, "ipv6_label", field("ipv6_label"), label);
  } else {
    put(w, arp ? "arp_spa" : "nw_src", field("ip_src"), address);
    put(w, arp ? "arp_tpa" : "nw_dst", field("ip_dst"), address);
  }
  if (protocolOpen) put(w, arp ? "arp_op" : "nw_proto", field("nw_proto"), decimal);
  if (arp) {
    put(w, "arp_sha", field("arp_sha"), address);
    put(w, "arp_tha", field("arp_tha"), address);
  }
  put(w, "nw_tos", field("nw_tos"), (value) => String(value[0]));
  put(w, "nw_ecn", field("nw_ecn"), (value) => String(value[0]));
  put(w, "nw_ttl", field("nw_ttl"), decimal);
  for (const name of ["mpls_label", "mpls_tc", "mpls_ttl", "mpls_bos"]) {
    const target = field(name);
    if (getNumber(w.match.mask, target)) w.out.push(`${name}=${getNumber(w.match.value, target)}`);
  }
  putFragment(w);
}

function putFragment(w: Writer): void {
  const value = w.match.value[KEY_NW_FRAG];
  const later = (value & NW_FRAG_LATER) !== 0;
  const any = (value & NW_FRAG_ANY) !== 0;
  switch (w.match.mask[KEY_NW_FRAG] & (NW_FRAG_ANY | NW_FRAG_LATER)) {
    case NW_FRAG_ANY | NW_FRAG_LATER:
      w.out.push(`nw_frag=${any ? (later ? "later" : "first") : later ? "<error>" : "no"}`);
      break;
    case NW_FRAG_ANY:
      w.out.push(`nw_frag=${any ? "yes" : "no"}`);
      break;
    case NW_FRAG_LATER:
      w.out.push(`nw_frag=${later ? "later" : "not_later"}`);
  }
}

function putTransport(w: Writer, type: number, protocol: number | undefined): void {
  if (type === ETH_TYPE_IP && protocol === IP_PROTO_ICMP) {
    put(w, "icmp_type", field("icmp_type"), decimal);
    put(w, "icmp_code", field("icmp_code"), decimal);
  } else if (type === ETH_TYPE_IPV6 && protocol === IP_PROTO_ICMPV6) {
    put(w, "icmp_type", field("icmpv6_type"), decimal);
    put(w, "icmp_code", field("icmpv6_code"), decimal);
    put(w, "nd_target", field("nd_target"), address);
    put(w, "nd_sll", field("nd_sll"), address);
    put(w, "nd_tll", field("nd_tll"), address);
    put(w, "nd_reserved", field("nd_reserved"), decimal);
    put(w, "nd_options_type", field("nd_options_type"), decimal);
  } else {
    put(w, "tp_src", field("tcp_src"), decimal);
    put(w, "tp_dst", field("tcp_dst"), decimal);
  }
  if (protocol === IP_PROTO_TCP && (type === ETH_TYPE_IP || type === ETH_TYPE_IPV6)) {
    put(w, "tcp_flags", field("tcp_flags"), (value, mask) => {
      const [flags, known] = [Number(toNumber(value)), Number(toNumber(mask))];
      return known === 0xfff ? formatFlags(tcpFlagNames, flags) : formatMaskedFlags(tcpFlagNames, flags, known);
    });
  }
}
