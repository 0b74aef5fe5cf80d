/**
 * OpenFlow 1.1's match: a fixed 88 bytes. Masks have a one where a bit is open.
 *
 *     0 type u16 = 0, length u16 = 88 │ 4 in_port u32 │ 8 wildcards u32 │ 12 dl_src, mask │ 24 dl_dst, mask
 *     36 dl_vlan u16 │ 38 dl_vlan_pcp u8, pad │ 40 dl_type u16 │ 42 nw_tos u8 │ 43 nw_proto u8 │ 44 nw_src, mask │ 52 nw_dst, mask
 *     60 tp_src u16 │ 62 tp_dst u16 │ 64 mpls_label u32 │ 68 mpls_tc u8, pad 3 │ 72 metadata u64, mask
 */
import { KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { Field } from "../../slowpath/flow/field.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, getBigInt, getBytes, getNumber, isZero } from "../../slowpath/flow/flow.ts";
import { createMatch, setMatch, setUntaggedMatch } from "../../slowpath/flow/match.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32, portTo32 } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { matched, setPossible, vlanOf } from "./match10.ts";

export const MATCH11_BYTES = 88;

const ANY_IN_PORT = 1 << 0;
const ANY_DL_VLAN = 1 << 1;
const ANY_DL_VLAN_PCP = 1 << 2;
const ANY_DL_TYPE = 1 << 3;
const ANY_NW_TOS = 1 << 4;
const ANY_NW_PROTO = 1 << 5;
const ANY_TP_SRC = 1 << 6;
const ANY_TP_DST = 1 << 7;
const ANY_MPLS_LABEL = 1 << 8;
const ANY_MPLS_TC = 1 << 9;
const VLAN_NONE = 0xffff;
const VLAN_ANY = 0xfffe;
const VLAN_MAX = 0xfff;
const OPEN_64 = 2n ** 64n - 1n;

const fieldsOf = (names: string): Field[] => names.split(" ").map(field);
const networkSources = fieldsOf("ip_src arp_spa");
const networkDestinations = fieldsOf("ip_dst arp_tpa");
const protocols = fieldsOf("nw_proto arp_op");
const sources = fieldsOf("tcp_src udp_src sctp_src icmp_type");
const destinations = fieldsOf("tcp_dst udp_dst sctp_dst icmp_code");
const invert = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => ~byte);

/** After type and length. */
export function readMatch11(reader: Reader): Match {
  const match = createMatch();
  const inPort = reader.u32();
  const wildcards = reader.u32();
  const says = (bit: number): boolean => (wildcards & bit) === 0;
  if (says(ANY_IN_PORT)) setPossible(match, [field("in_port")], portFrom32(inPort));
  for (const name of ["eth_src", "eth_dst"]) {
    const value = reader.bytes(6);
    const mask = invert(reader.bytes(6));
    if (!isZero(mask)) setMatch(match, field(name), value, mask);
  }
  readVlan(match, reader.u16(), reader.u8(), says);
  reader.skip(1);
  const etherType = reader.u16();
  const tos = reader.u8();
  const protocol = reader.u8();
  if (says(ANY_DL_TYPE)) setPossible(match, [field("eth_type")], etherType);
  if (says(ANY_NW_TOS)) setPossible(match, [field("ip_dscp")], tos >> 2);
  if (says(ANY_NW_PROTO)) setPossible(match, protocols, protocol);
  for (const candidates of [networkSources, networkDestinations]) {
    const value = reader.u32();
    setPossible(match, candidates, value, ~reader.u32() >>> 0);
  }
  for (const [bit, candidates] of [
    [ANY_TP_SRC, sources],
    [ANY_TP_DST, destinations],
  ] as const) {
    const value = reader.u16();
    if (says(bit)) setPossible(match, candidates, value);
  }
  const label = reader.u32();
  const trafficClass = reader.u8();
  reader.skip(3);
  if (says(ANY_MPLS_LABEL)) setPossible(match, [field("mpls_label")], label);
  if (says(ANY_MPLS_TC)) setPossible(match, [field("mpls_tc")], trafficClass);
  const metadata = reader.u64();
  const mask = ~reader.u64() & OPEN_64;
  const target = field("metadata");
  if (mask) setMatch(match, target, bytesOfValue(target, metadata), bytesOfValue(target, mask));
  return match;
}

function readVlan(match: Match, vlan: number, pcp: number, says: (bit: number) => boolean): void {
  if (!says(ANY_DL_VLAN)) return;
  if (vlan === VLAN_NONE) {
    setUntaggedMatch(match);
    return;
  }
  if (vlan === VLAN_ANY) {
    match.value[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
    match.mask[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
  } else if (vlan <= VLAN_MAX) {
    setPossible(match, [field("dl_vlan")], vlan);
  } else {
    throw new OpenFlowError("OFPBMC_BAD_VALUE", `VLAN ${vlan}`);
  }
  if (!says(ANY_DL_VLAN_PCP)) return;
  if (pcp > 7) throw new OpenFlowError("OFPBMC_BAD_VALUE", `VLAN priority ${pcp}`);
  setPossible(match, [field("dl_vlan_pcp")], pcp);
}

export function writeMatch11(writer: Writer, match: Match): void {
  let wildcards = 0;
  const number = (bit: number, candidates: readonly Field[]): number => {
    const target = matched(match, candidates);
    if (!target) wildcards |= bit;
    return target ? getNumber(match.value, target) : 0;
  };
  writer.u16(0);
  writer.u16(MATCH11_BYTES);
  writer.u32(portTo32(number(ANY_IN_PORT, [field("in_port")])));
  const wildcardsAt = writer.length;
  writer.u32(0);
  for (const name of ["eth_src", "eth_dst"]) {
    writer.bytes(getBytes(match.value, field(name)));
    writer.bytes(invert(getBytes(match.mask, field(name))));
  }
  const { vid, pcp } = vlanOf(match);
  const anyTag = vid === undefined && (match.mask[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) !== 0;
  if (vid === undefined && !anyTag) wildcards |= ANY_DL_VLAN;
  if (pcp === undefined || vid === VLAN_NONE) wildcards |= ANY_DL_VLAN_PCP;
  writer.u16(vid ?? (anyTag ? VLAN_ANY : 0));
  writer.u8(vid === VLAN_NONE ? 0 : (pcp ?? 0));
  writer.zeros(1);
  writer.u16(number(ANY_DL_TYPE, [field("eth_type")]));
  writer.u8(number(ANY_NW_TOS, [field("ip_dscp")]) << 2);
  writer.u8(number(ANY_NW_PROTO, protocols));
  for (const candidates of [networkSources, networkDestinations]) {
    const target = matched(match, candidates);
    writer.u32(target ? getNumber(match.value, target) : 0);
    writer.u32(target ? ~getNumber(match.mask, target) >>> 0 : 0xffff_ffff);
  }
  writer.u16(number(ANY_TP_SRC, sources));
  writer.u16(number(ANY_TP_DST, destinations));
  writer.u32(number(ANY_MPLS_LABEL, [field("mpls_label")]));
  writer.u8(number(ANY_MPLS_TC, [field("mpls_tc")]));
  writer.zeros(3);
  writer.u64(getBigInt(match.value, field("metadata")));
  writer.u64(~getBigInt(match.mask, field("metadata")) & OPEN_64);
  writer.patchU32(wildcardsAt, wildcards);
}
