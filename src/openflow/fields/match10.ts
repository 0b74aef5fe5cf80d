/**
 * OpenFlow 1.0's match: 40 bytes with a word of wildcards.
 *
 *     0 wildcards u32 │ 4 in_port u16 │ 6 dl_src │ 12 dl_dst │ 18 dl_vlan u16 │ 20 dl_vlan_pcp u8, pad │ 22 dl_type u16
 *     24 nw_tos u8 │ 25 nw_proto u8, pad 2 │ 28 nw_src u32 │ 32 nw_dst u32 │ 36 tp_src u16 │ 38 tp_dst u16
 *
 * Fields that the packet cannot have are left out, not refused. Written, it says as much of a match as it can.
 */
import { KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { Field } from "../../slowpath/flow/field.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, getBytes, getNumber, isZero } from "../../slowpath/flow/flow.ts";
import { createMatch, setMatch, setUntaggedMatch } from "../../slowpath/flow/match.ts";
import { hasPrerequisites } from "../../slowpath/flow/prerequisites.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

export const MATCH10_BYTES = 40;

const ANY_IN_PORT = 1 << 0;
const ANY_DL_VLAN = 1 << 1;
const ANY_DL_SRC = 1 << 2;
const ANY_DL_DST = 1 << 3;
const ANY_DL_TYPE = 1 << 4;
const ANY_NW_PROTO = 1 << 5;
const ANY_TP_SRC = 1 << 6;
const ANY_TP_DST = 1 << 7;
/** Six bits each: how many low bits of the address are open; 32 and more: all. */
const NW_SRC_SHIFT = 8;
const NW_DST_SHIFT = 14;
const ANY_DL_VLAN_PCP = 1 << 20;
const ANY_NW_TOS = 1 << 21;
const VLAN_NONE = 0xffff;

/** Fields that share a place here; the first one whose prerequisites hold is meant. */
const sources = ["tcp_src", "udp_src", "sctp_src", "icmp_type"].map(field);
const destinations = ["tcp_dst", "udp_dst", "sctp_dst", "icmp_code"].map(field);
const networkSources = ["ip_src", "arp_spa"].map(field);
const networkDestinations = ["ip_dst", "arp_tpa"].map(field);
const protocols = ["nw_proto", "arp_op"].map(field);

function possible(match: Match, candidates: readonly Field[]): Field | undefined {
  return candidates.find((candidate) => hasPrerequisites(match.value, candidate, null, match.mask));
}

/** Narrows the match by whichever of the fields the packets have, if they have one. */
export function setPossible(match: Match, candidates: readonly Field[], value: number, mask?: number): void {
  const target = possible(match, candidates);
  if (!target || mask === 0) return;
  const bits = mask === undefined ? undefined : bytesOfValue(target, BigInt(mask));
  setMatch(match, target, bytesOfValue(target, BigInt(value) & ((1n << BigInt(target.bits)) - 1n)), bits);
}

function prefixMask(openBits: number): number {
  return openBits >= 32 ? 0 : (0xffff_ffff << openBits) >>> 0;
}

export function readMatch10(reader: Reader): Match {
  const match = createMatch();
  const wildcards = reader.u32();
  const inPort = reader.u16();
  const source = reader.bytes(6);
  const destination = reader.bytes(6);
  const vlan = reader.u16();
  const pcp = reader.u8();
  reader.skip(1);
  const etherType = reader.u16();
  const tos = reader.u8();
  const protocol = reader.u8();
  reader.skip(2);
  const networkSource = reader.u32();
  const networkDestination = reader.u32();
  const transportSource = reader.u16();
  const transportDestination = reader.u16();
  const says = (bit: number): boolean => (wildcards & bit) === 0;
  if (says(ANY_IN_PORT)) setPossible(match, [field("in_port")], inPort);
  if (says(ANY_DL_SRC)) setMatch(match, field("eth_src"), source);
  if (says(ANY_DL_DST)) setMatch(match, field("eth_dst"), destination);
  if (says(ANY_DL_VLAN) && vlan === VLAN_NONE) {
    setUntaggedMatch(match);
  } else {
    if (says(ANY_DL_VLAN)) setPossible(match, [field("dl_vlan")], vlan);
    if (says(ANY_DL_VLAN_PCP)) setPossible(match, [field("dl_vlan_pcp")], pcp);
  }
  if (says(ANY_DL_TYPE)) setPossible(match, [field("eth_type")], etherType);
  if (says(ANY_NW_TOS)) setPossible(match, [field("ip_dscp")], tos >> 2);
  if (says(ANY_NW_PROTO)) setPossible(match, protocols, protocol);
  setPossible(match, networkSources, networkSource, prefixMask((wildcards >> NW_SRC_SHIFT) & 0x3f));
  setPossible(match, networkDestinations, networkDestination, prefixMask((wildcards >> NW_DST_SHIFT) & 0x3f));
  if (says(ANY_TP_SRC)) setPossible(match, sources, transportSource);
  if (says(ANY_TP_DST)) setPossible(match, destinations, transportDestination);
  return match;
}

/** The field that the match is about, of those that share a place. */
export function matched(match: Match, candidates: readonly Field[]): Field | undefined {
  const target = possible(match, candidates);
  return target && !isZero(getBytes(match.mask, target)) ? target : undefined;
}

/** How many low bits an address leaves open; a mask with holes counts from its lowest bit. */
function openBits(match: Match, candidates: readonly Field[]): number {
  const target = matched(match, candidates);
  if (!target) return 32;
  const mask = getNumber(match.mask, target);
  return 31 - Math.clz32(mask & -mask);
}

export function writeMatch10(writer: Writer, match: Match): void {
  const number = (candidates: readonly Field[]): number => {
    const target = matched(match, candidates);
    return target ? getNumber(match.value, target) : 0;
  };
  let wildcards = 0;
  const bit = (mask: number, names: readonly string[]): readonly Field[] => {
    const candidates = names.map(field);
    if (!matched(match, candidates)) wildcards |= mask;
    return candidates;
  };
  const inPort = number(bit(ANY_IN_PORT, ["in_port"]));
  bit(ANY_DL_SRC, ["eth_src"]);
  bit(ANY_DL_DST, ["eth_dst"]);
  const etherType = number(bit(ANY_DL_TYPE, ["eth_type"]));
  const tos = number(bit(ANY_NW_TOS, ["ip_dscp"])) << 2;
  const protocol = number(bit(ANY_NW_PROTO, ["nw_proto", "arp_op"]));
  const transportSource = number(bit(ANY_TP_SRC, ["tcp_src", "udp_src", "sctp_src", "icmp_type"]));
  const transportDestination = number(bit(ANY_TP_DST, ["tcp_dst", "udp_dst", "sctp_dst", "icmp_code"]));
  wildcards |= openBits(match, networkSources) << NW_SRC_SHIFT;
  wildcards |= openBits(match, networkDestinations) << NW_DST_SHIFT;
  const vlan = vlanOf(match);
  if (vlan.vid === undefined) wildcards |= ANY_DL_VLAN;
  if (vlan.pcp === undefined) wildcards |= ANY_DL_VLAN_PCP;
  writer.u32(wildcards >>> 0);
  writer.u16(inPort);
  writer.bytes(getBytes(match.value, field("eth_src")));
  writer.bytes(getBytes(match.value, field("eth_dst")));
  writer.u16(vlan.vid ?? 0);
  writer.u8(vlan.pcp ?? 0);
  writer.zeros(1);
  writer.u16(etherType);
  writer.u8(tos);
  writer.u8(protocol);
  writer.zeros(2);
  writer.u32(number(networkSources));
  writer.u32(number(networkDestinations));
  writer.u16(transportSource);
  writer.u16(transportDestination);
}

/** undefined: not matched; VLAN_NONE: packets without a tag. */
export function vlanOf({ value, mask }: Match): { vid?: number; pcp?: number } {
  const present = VLAN_CFI >> 8;
  if (mask[KEY_VLAN_TCI0] & present && !(value[KEY_VLAN_TCI0] & present)) return { vid: VLAN_NONE, pcp: 0 };
  const vid = getNumber(mask, field("dl_vlan")) ? getNumber(value, field("dl_vlan")) : undefined;
  const pcp = getNumber(mask, field("dl_vlan_pcp")) ? getNumber(value, field("dl_vlan_pcp")) : undefined;
  return { vid, pcp };
}
