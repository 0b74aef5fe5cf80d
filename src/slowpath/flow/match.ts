/**
 * What: building and comparing matches. A match says for each bit of a flow "must be 1", "must be 0" or "either".
 * Invariants: `value` is zero wherever `mask` is; two equal matches are equal byte for byte.
 */
import { KEY_TUN_METADATA_PRESENT, KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { Match } from "../tables/rule.ts";
import type { Field, Subfield } from "./field.ts";
import { tunnelMetadataIndex } from "./fields.ts";
import { createFlow, fieldMask, sameBytes, setSubfield, wordsOf } from "./flow.ts";
import { FLOW_WORDS } from "./flow-layout.ts";

export function createMatch(): Match {
  return { value: createFlow(), mask: createFlow() };
}

/** OpenFlow 1.0's "no VLAN tag at all" as a dl_vlan. */
const DL_VLAN_NONE = 0xffff;

/**
 * Narrows the match by a field; both arrays lie as in the flow. Matching a VLAN identifier or priority implies the tag,
 * matching a tunnel option implies that it is there.
 */
export function setMatch(match: Match, field: Field, value: Uint8Array, mask: Uint8Array = fieldMask(field)): void {
  const { offset } = field;
  for (let i = 0; i < field.bytes; i++) {
    match.value[offset + i] = (match.value[offset + i] & ~mask[i]) | (value[i] & mask[i]);
    match.mask[offset + i] |= mask[i];
  }
  if (field.name === "dl_vlan" || field.name === "dl_vlan_pcp" || field.name === "vlan_pcp") {
    match.value[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
    match.mask[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
  }
  const option = tunnelMetadataIndex(field);
  if (option >= 0) {
    setTunnelMetadataPresent(match.value, option, true);
    setTunnelMetadataPresent(match.mask, option, true);
  }
}

export function setSubfieldMatch(match: Match, part: Subfield, value: bigint): void {
  setSubfield(match.value, part, value);
  setSubfield(match.mask, part, (1n << BigInt(part.bits)) - 1n);
}

/** `dl_vlan=0xffff`: packets without a tag. */
export function setUntaggedMatch(match: Match): void {
  match.value.fill(0, KEY_VLAN_TCI0, KEY_VLAN_TCI0 + 2);
  match.mask.fill(0xff, KEY_VLAN_TCI0, KEY_VLAN_TCI0 + 2);
}

export function isUntaggedValue(field: Field, number: bigint): boolean {
  return field.name === "dl_vlan" && number === BigInt(DL_VLAN_NONE);
}

/** Bit `index` of KEY_TUN_METADATA_PRESENT in a flow, a mask or wildcards. */
export function setTunnelMetadataPresent(flow: Uint8Array, index: number, present: boolean): void {
  const at = KEY_TUN_METADATA_PRESENT + 7 - (index >> 3);
  if (present) flow[at] |= 1 << (index & 7);
  else flow[at] &= ~(1 << (index & 7));
}

export function tunnelMetadataPresent(flow: Uint8Array, index: number): boolean {
  return (flow[KEY_TUN_METADATA_PRESENT + 7 - (index >> 3)] & (1 << (index & 7))) !== 0;
}

export function sameMatch(a: Match, b: Match): boolean {
  return sameBytes(a.value, b.value) && sameBytes(a.mask, b.mask);
}

/** Whether every packet that `inner` matches is matched by `outer` too. */
export function covers(outer: Match, inner: Match): boolean {
  const om = wordsOf(outer.mask);
  const ov = wordsOf(outer.value);
  const im = wordsOf(inner.mask);
  const iv = wordsOf(inner.value);
  for (let i = 0; i < FLOW_WORDS; i++) {
    if (om[i] & ~im[i] || (ov[i] ^ iv[i]) & om[i]) return false;
  }
  return true;
}

/** Whether some packet is matched by both. */
export function overlaps(a: Match, b: Match): boolean {
  const am = wordsOf(a.mask);
  const av = wordsOf(a.value);
  const bm = wordsOf(b.mask);
  const bv = wordsOf(b.value);
  for (let i = 0; i < FLOW_WORDS; i++) if ((av[i] ^ bv[i]) & am[i] & bm[i]) return false;
  return true;
}

export function matches(match: Match, flow: Uint8Array): boolean {
  const m = wordsOf(match.mask);
  const v = wordsOf(match.value);
  const f = wordsOf(flow);
  for (let i = 0; i < FLOW_WORDS; i++) if ((f[i] ^ v[i]) & m[i]) return false;
  return true;
}
