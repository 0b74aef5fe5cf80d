/**
 * What: matches as lists of NXM/OXM entries (OpenFlow 1.2 and later, Nicira's flow mods, packet-ins).
 * Invariants: written in OVS's order, so that a match read and written again is the same bytes. "Ethernet packet", which a
 *   match says by packet_type=(0,0), is what every packet here is: it is read and forgotten.
 */
import { KEY_ETH_TYPE, KEY_NW_PROTO, KEY_TP_DST, KEY_TP_SRC, KEY_VLAN_TCI0 } from "../../../assembly/layout/key.ts";
import type { Field } from "../../slowpath/flow/field.ts";
import { field, fields, tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, fieldMask, getBytes, getNumber, isZero, sameBytes } from "../../slowpath/flow/flow.ts";
import { createMatch, setMatch, tunnelMetadataPresent } from "../../slowpath/flow/match.ts";
import {
  ETH_TYPE_ARP,
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_MPLS,
  ETH_TYPE_MPLS_MULTICAST,
  ETH_TYPE_RARP,
  hasPrerequisites,
  IP_PROTO_ICMP,
  IP_PROTO_ICMPV6,
  IP_PROTO_SCTP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
  ND_ADVERT,
  ND_SOLICIT,
} from "../../slowpath/flow/prerequisites.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { nameOf, readEntry, valuesOf, writeEntry } from "./entry.ts";
import { numberOf } from "./value.ts";

/** NXM_NX_COOKIE: a condition on a rule's cookie, in Nicira's flow mods only. */
const COOKIE_CLASS = 0x0001;
const COOKIE_NUMBER = 30;
const COOKIE_BYTES = 8;

export interface MatchOptions {
  /** Unknown fields and missing prerequisites are errors; packet metadata is read without. */
  readonly strict?: boolean;
  readonly allowCookie?: boolean;
}

export interface ReadMatch {
  readonly match: Match;
  readonly cookie: bigint;
  readonly cookieMask: bigint;
}

const inPort = field("in_port");
const inPortWide = field("in_port_oxm");
const packetType = field("packet_type");

/** @throws OpenFlowError */
export function readOxmMatch(reader: Reader, context: WireContext, options: MatchOptions = {}): ReadMatch {
  const { strict = true, allowCookie = false } = options;
  const match = createMatch();
  let cookie = 0n;
  let cookieMask = 0n;
  while (!reader.isEmpty) {
    const entry = readEntry(reader, context);
    const { header, wireValue, wireMask } = entry;
    const target = header.field === inPortWide ? inPort : header.field;
    if (!target || !header.field) {
      const isCookie = header.oxmClass === COOKIE_CLASS && header.number === COOKIE_NUMBER;
      if (allowCookie && isCookie && wireValue.length === COOKIE_BYTES) {
        if (cookieMask) throw new OpenFlowError("OFPBMC_DUP_FIELD", "the cookie is matched twice");
        cookie = numberOf(wireValue);
        cookieMask = wireMask ? numberOf(wireMask) : 2n ** 64n - 1n;
      } else if (strict) {
        throw new OpenFlowError("OFPBMC_BAD_FIELD", `${nameOf(header)} is unknown`);
      }
      continue;
    }
    const { value, mask } = valuesOf(entry, header.field);
    if (strict && !hasPrerequisites(match.value, target, null, match.mask)) {
      throw new OpenFlowError("OFPBMC_BAD_PREREQ", `${target.name} needs ${target.prerequisite}`);
    }
    if (target === packetType && isZero(value)) continue;
    if (!isZero(getBytes(match.mask, target))) {
      throw new OpenFlowError("OFPBMC_DUP_FIELD", `${target.name} is matched twice`);
    }
    if (target === inPort) setMatch(match, inPort, value);
    else setMatch(match, target, value, mask);
  }
  return { match, cookie, cookieMask };
}

type Condition = (match: Match) => boolean;

const etherType = ({ value }: Match): number => (value[KEY_ETH_TYPE] << 8) | value[KEY_ETH_TYPE + 1];
const isType =
  (...types: number[]): Condition =>
  (match) =>
    types.includes(etherType(match));
const isProtocol =
  (protocol: number, ...types: number[]): Condition =>
  (match) =>
    match.mask[KEY_NW_PROTO] !== 0 && match.value[KEY_NW_PROTO] === protocol && types.includes(etherType(match));

const ip4 = isType(ETH_TYPE_IP);
const ip6 = isType(ETH_TYPE_IPV6);
const ip = isType(ETH_TYPE_IP, ETH_TYPE_IPV6);
const arp = isType(ETH_TYPE_ARP, ETH_TYPE_RARP);
const mpls = isType(ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST);
const tcp = isProtocol(IP_PROTO_TCP, ETH_TYPE_IP, ETH_TYPE_IPV6);
const udp = isProtocol(IP_PROTO_UDP, ETH_TYPE_IP, ETH_TYPE_IPV6);
const sctp = isProtocol(IP_PROTO_SCTP, ETH_TYPE_IP, ETH_TYPE_IPV6);
const icmp = isProtocol(IP_PROTO_ICMP, ETH_TYPE_IP);
const icmp6 = isProtocol(IP_PROTO_ICMPV6, ETH_TYPE_IPV6);
const icmp6Type = ({ value }: Match): number => (value[KEY_TP_SRC] << 8) | value[KEY_TP_SRC + 1];
const nd: Condition = (match) =>
  icmp6(match) &&
  (icmp6Type(match) === ND_SOLICIT || icmp6Type(match) === ND_ADVERT) &&
  match.value[KEY_TP_DST + 1] === 0;
const solicit: Condition = (match) => nd(match) && icmp6Type(match) === ND_SOLICIT;
const advert: Condition = (match) => nd(match) && icmp6Type(match) === ND_ADVERT;
const always: Condition = () => true;
const connection: Condition = ({ value }) => getBytes(value, field("ct_nw_proto"))[0] !== 0;

/** OVS's order. Fields that share bytes are told apart by their conditions. `vlan`, `tunnel options` and `registers` are below. */
const order: readonly (readonly [Condition, string])[] = [
  [always, "packet_type dp_hash recirc_id conj_id in_port actset_output eth_src eth_dst eth_type vlan"],
  [mpls, "mpls_tc mpls_bos mpls_ttl mpls_label"],
  [ip4, "ip_src ip_dst"],
  [ip6, "ipv6_src ipv6_dst"],
  [ip, "ip_frag tos nw_ecn nw_ttl"],
  [ip6, "ipv6_label"],
  [ip, "nw_proto"],
  [tcp, "tcp_src tcp_dst tcp_flags"],
  [udp, "udp_src udp_dst"],
  [sctp, "sctp_src sctp_dst"],
  [icmp, "icmp_type icmp_code"],
  [icmp6, "icmpv6_type icmpv6_code"],
  [nd, "nd_reserved nd_target nd_options_type"],
  [solicit, "nd_sll"],
  [advert, "nd_tll"],
  [arp, "arp_op arp_spa arp_tpa arp_sha arp_tha"],
  [always, "tun_id tun_flags tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags options registers"],
  [always, "pkt_mark ct_state ct_zone ct_mark ct_label ct_nw_src ct_ipv6_src ct_nw_dst ct_ipv6_dst"],
  [connection, "ct_nw_proto ct_tp_src ct_tp_dst"],
  [always, "metadata"],
];

const steps = order.flatMap(([condition, names]) => names.split(" ").map((name) => ({ condition, name })));
const registers32 = Array.from({ length: 16 }, (_, n) => field(`reg${n}`));
const registers64 = Array.from({ length: 8 }, (_, n) => field(`xreg${n}`));

function writeField(writer: Writer, match: Match, target: Field, form: "nxm" | Version): void {
  const mask = getBytes(match.mask, target);
  if (isZero(mask)) return;
  const exact = !target.maskable || sameBytes(mask, fieldMask(target));
  writeEntry(writer, target, form, getBytes(match.value, target), exact ? undefined : mask);
}

const vlanTci = field("vlan_tci");
const vlanVid = field("vlan_vid");
const vlanPcp = field("vlan_pcp");
const PCP_BITS = 0xe0;
const tagged = ({ value, mask }: Match): boolean =>
  ((((value[KEY_VLAN_TCI0] & mask[KEY_VLAN_TCI0] & 0x1f) << 8) | value[KEY_VLAN_TCI0 + 1]) & 0x1fff) !== 0;

const ctState = field("ct_state");
/** Bits of ct_state that are told of: OVS has eight. */
const CT_STATE_BITS = 0xff;

const special: Readonly<Record<string, (writer: Writer, match: Match, form: "nxm" | Version) => void>> = {
  in_port(writer, match, form) {
    const value = getBytes(match.value, inPort);
    if (isZero(getBytes(match.mask, inPort))) return;
    writeEntry(writer, form === "nxm" ? inPort : inPortWide, form, value);
  },
  vlan(writer, match, form) {
    if (form === "nxm") {
      writeField(writer, match, vlanTci, form);
      return;
    }
    writeField(writer, match, vlanVid, form);
    if (tagged(match) && match.mask[KEY_VLAN_TCI0] & PCP_BITS) writeField(writer, match, vlanPcp, form);
  },
  ct_state(writer, match, form) {
    const mask = getNumber(match.mask, ctState) & CT_STATE_BITS;
    if (mask === 0) return;
    const value = bytesOfValue(ctState, BigInt(getNumber(match.value, ctState) & mask));
    writeEntry(writer, ctState, form, value, bytesOfValue(ctState, BigInt(mask)));
  },
  tos(writer, match, form) {
    writeField(writer, match, field(form === "nxm" ? "nw_tos" : "ip_dscp"), form);
  },
  options(writer, match, form) {
    for (const option of tunnelOptions()) {
      if (!tunnelMetadataPresent(match.mask, tunnelMetadataIndex(option))) continue;
      const mask = getBytes(match.mask, option);
      writeEntry(writer, option, form, getBytes(match.value, option), mask);
    }
  },
  registers(writer, match, form) {
    const wide = form !== "nxm" && form >= OF15;
    for (const register of wide ? registers64 : registers32) writeField(writer, match, register, form);
  },
};

function tunnelOptions(): Field[] {
  return fields.filter((candidate) => tunnelMetadataIndex(candidate) >= 0);
}

const fieldOfStep = new Map(steps.filter(({ name }) => !special[name]).map(({ name }) => [name, field(name)]));

/** `form`: "nxm" for Nicira's messages, otherwise the version whose headers are wanted. */
export function writeOxmMatch(writer: Writer, match: Match, form: "nxm" | Version, cookie = 0n, cookieMask = 0n): void {
  for (const { condition, name } of steps) {
    if (!condition(match)) continue;
    const write = special[name];
    if (write) write(writer, match, form);
    else writeField(writer, match, fieldOfStep.get(name)!, form);
  }
  if (cookieMask) writeCookie(writer, cookie & cookieMask, cookieMask);
}

function writeCookie(writer: Writer, cookie: bigint, mask: bigint): void {
  const masked = mask !== 2n ** 64n - 1n;
  writer.u16(COOKIE_CLASS);
  writer.u8((COOKIE_NUMBER << 1) | (masked ? 1 : 0));
  writer.u8(masked ? 2 * COOKIE_BYTES : COOKIE_BYTES);
  writer.u64(cookie);
  if (masked) writer.u64(mask);
}
