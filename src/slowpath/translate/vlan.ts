/** VLAN tags in the flow (two of them: outer at KEY_VLAN_TPID0, inner at KEY_VLAN_TPID1) and their push and pop in the datapath. */
import { KEY_VLAN_TCI0, KEY_VLAN_TPID0, KEY_VLAN_TPID1, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { TranslationContext } from "./context.ts";
import { markBytes } from "./write.ts";

export const VLAN_TAGS = 2;
const TAG_BYTES = 4;
/** From a tag's TPID to its TCI. */
const TCI = KEY_VLAN_TCI0 - KEY_VLAN_TPID0;

function isTagged(flow: Uint8Array, tag: number): boolean {
  return (flow[KEY_VLAN_TPID0 + TAG_BYTES * tag + TCI] & (VLAN_CFI >> 8)) !== 0;
}

export function countTags(flow: Uint8Array): number {
  if (!isTagged(flow, 0)) return 0;
  return isTagged(flow, 1) ? VLAN_TAGS : 1;
}

/** A third tag pushes the innermost one out of the flow's sight, as in OVS; the packet keeps it. */
export function pushVlan(context: TranslationContext, tpid: number, tci: number): void {
  const { flow } = context;
  flow.copyWithin(KEY_VLAN_TPID1, KEY_VLAN_TPID0, KEY_VLAN_TPID1);
  flow[KEY_VLAN_TPID0] = tpid >> 8;
  flow[KEY_VLAN_TPID0 + 1] = tpid & 0xff;
  flow[KEY_VLAN_TCI0] = tci >> 8;
  flow[KEY_VLAN_TCI0 + 1] = tci & 0xff;
  markBytes(context, KEY_VLAN_TPID0, VLAN_TAGS * TAG_BYTES);
}

export function popVlan(context: TranslationContext): void {
  const { flow, wildcards } = context;
  wildcards[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
  if (!isTagged(flow, 0)) return;
  flow.copyWithin(KEY_VLAN_TPID0, KEY_VLAN_TPID1, KEY_VLAN_TPID1 + TAG_BYTES);
  flow.fill(0, KEY_VLAN_TPID1, KEY_VLAN_TPID1 + TAG_BYTES);
  markBytes(context, KEY_VLAN_TPID0, VLAN_TAGS * TAG_BYTES);
}

function sameTag(flow: Uint8Array, tag: number, base: Uint8Array, baseTag: number): boolean {
  const a = KEY_VLAN_TPID0 + TAG_BYTES * tag;
  const b = KEY_VLAN_TPID0 + TAG_BYTES * baseTag;
  for (let i = 0; i < TAG_BYTES; i++) if (flow[a + i] !== base[b + i]) return false;
  return true;
}

/** Pops the tags of the packet down to those it shares with the flow, counted from the inside, then pushes the flow's. */
export function commitVlan(context: TranslationContext): void {
  const { flow, base, wildcards, actions } = context;
  if (sameTag(flow, 0, base, 0) && sameTag(flow, 1, base, 1)) return;
  let inBase = countTags(base);
  let inFlow = countTags(flow);
  while (inBase > 0 && inFlow > 0 && sameTag(flow, inFlow - 1, base, inBase - 1)) {
    inBase--;
    inFlow--;
  }
  wildcards.fill(0xff, KEY_VLAN_TPID0, KEY_VLAN_TPID0 + VLAN_TAGS * TAG_BYTES);
  for (; inBase > 0; inBase--) actions.push({ type: "pop_vlan" });
  for (; inFlow > 0; inFlow--) {
    const at = KEY_VLAN_TPID0 + TAG_BYTES * (inFlow - 1);
    actions.push({
      type: "push_vlan",
      tpid: (flow[at] << 8) | flow[at + 1],
      tci: (flow[at + TCI] << 8) | flow[at + TCI + 1],
    });
  }
  base.set(flow.subarray(KEY_VLAN_TPID0, KEY_VLAN_TPID0 + VLAN_TAGS * TAG_BYTES), KEY_VLAN_TPID0);
}
