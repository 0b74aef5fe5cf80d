/**
 * MPLS label stacks: up to three labels are seen; a deeper stack cannot be pushed to.
 * After the last label is popped the packet's inside has not been parsed: before anything looks at it, it recirculates.
 */
import { KEY_ETH_TYPE, KEY_MPLS_LSE0, KEY_NW_TOS, KEY_NW_TTL } from "../../../assembly/layout/key.ts";
import type { Outcome } from "../actions/definition.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST } from "../flow/prerequisites.ts";
import type { TranslationContext } from "./context.ts";
import { clearNetworkLayers } from "./network-layers.ts";
import { markBytes } from "./write.ts";

const MAX_LABELS = 3;
const LSE_BYTES = 4;
/** In the third byte of a label stack entry. */
const BOTTOM_OF_STACK = 1;
const DEFAULT_TTL = 64;
const IPV6_EXPLICIT_NULL = 2;

const typeOf = (flow: Uint8Array): number => (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];

export function isMpls(flow: Uint8Array): boolean {
  const type = typeOf(flow);
  return type === ETH_TYPE_MPLS || type === ETH_TYPE_MPLS_MULTICAST;
}

const at = (label: number): number => KEY_MPLS_LSE0 + LSE_BYTES * label;

function countLabels(flow: Uint8Array, wildcards: Uint8Array | null): number {
  if (!isMpls(flow)) return 0;
  for (let label = 0; label < MAX_LABELS; label++) {
    if (wildcards) wildcards[at(label) + 2] |= BOTTOM_OF_STACK;
    if (flow[at(label) + 2] & BOTTOM_OF_STACK) return label + 1;
  }
  return MAX_LABELS;
}

function setEtherType(flow: Uint8Array, type: number): void {
  flow[KEY_ETH_TYPE] = type >> 8;
  flow[KEY_ETH_TYPE + 1] = type & 0xff;
}

export function pushMpls(context: TranslationContext, etherType: number): void {
  const { flow, wildcards } = context;
  const labels = countLabels(flow, wildcards);
  if (labels >= MAX_LABELS) {
    context.fail("too_many_mpls_labels");
    return;
  }
  if (labels > 0) {
    flow.copyWithin(at(1), at(0), at(labels));
    flow[at(0) + 2] &= ~BOTTOM_OF_STACK;
  } else {
    context.commit();
    pushFirstLabel(context);
  }
  markBytes(context, at(0), MAX_LABELS * LSE_BYTES);
  setEtherType(flow, etherType);
  markBytes(context, KEY_ETH_TYPE, 2);
}

/** The first label takes traffic class and TTL from the IP header (RFC 3032), and hides it. */
function pushFirstLabel(context: TranslationContext): void {
  const { flow, wildcards } = context;
  const type = typeOf(flow);
  let trafficClass = 0;
  let ttl = DEFAULT_TTL;
  if (type === ETH_TYPE_IP || type === ETH_TYPE_IPV6) {
    wildcards[KEY_NW_TOS] |= 0xfc;
    wildcards[KEY_NW_TTL] = 0xff;
    trafficClass = (flow[KEY_NW_TOS] >> 2) & 7;
    if (flow[KEY_NW_TTL]) ttl = flow[KEY_NW_TTL];
  }
  const label = type === ETH_TYPE_IPV6 ? IPV6_EXPLICIT_NULL : 0;
  clearNetworkLayers(context);
  flow.fill(0, at(0), at(MAX_LABELS));
  flow[at(0) + 1] = label >> 4;
  flow[at(0) + 2] = ((label & 0xf) << 4) | (trafficClass << 1) | BOTTOM_OF_STACK;
  flow[at(0) + 3] = ttl;
}

export function popMpls(context: TranslationContext, etherType: number): void {
  if (popLabel(context, etherType) === undefined) return;
  if (etherType !== ETH_TYPE_MPLS && etherType !== ETH_TYPE_MPLS_MULTICAST) context.wasMpls = true;
}

/** @returns the labels that are left; undefined when there was none to pop. */
export function popLabel(context: TranslationContext, etherType: number): number | undefined {
  const { flow, wildcards } = context;
  const labels = countLabels(flow, wildcards);
  if (labels === 0) return undefined;
  if (labels === MAX_LABELS && !(flow[at(labels - 1) + 2] & BOTTOM_OF_STACK)) {
    context.fail("too_many_mpls_labels");
    return undefined;
  }
  flow.copyWithin(at(0), at(1), at(labels));
  flow.fill(0, at(labels - 1), at(labels));
  markBytes(context, at(0), MAX_LABELS * LSE_BYTES);
  setEtherType(flow, etherType);
  markBytes(context, KEY_ETH_TYPE, 2);
  return labels - 1;
}

/** The labels become part of what a new header covers: neither the pipeline nor the datapath sees them any more. */
export function clearLabels({ flow, base, written }: TranslationContext): void {
  for (const bytes of [flow, base]) bytes.fill(0, at(0), at(MAX_LABELS));
  written.fill(0xff, at(0), at(MAX_LABELS));
  setEtherType(flow, 0);
  setEtherType(base, 0);
}

export function decrementMplsTtl(context: TranslationContext): Outcome {
  const { flow } = context;
  if (!isMpls(flow)) return undefined;
  const ttl = at(0) + 3;
  context.wildcards[ttl] = 0xff;
  if (flow[ttl] > 1) {
    flow[ttl]--;
    markBytes(context, ttl, 1);
    return undefined;
  }
  context.sendToController({
    type: "controller",
    maxLength: 0xffff,
    controllerId: 0,
    reason: "invalid_ttl",
    pause: false,
  });
  return "stop";
}

function sameLabels(flow: Uint8Array, flowCount: number, base: Uint8Array, baseCount: number): number {
  let common = 0;
  while (common < flowCount && common < baseCount) {
    const a = at(flowCount - 1 - common);
    const b = at(baseCount - 1 - common);
    for (let i = 0; i < LSE_BYTES; i++) if (flow[a + i] !== base[b + i]) return common;
    common++;
  }
  return common;
}

/** Labels in common count from the bottom of the stack. @param covers a new label stands in front of the whole packet */
export function commitMpls(context: TranslationContext, covers?: "ethernet" | "network"): void {
  const { flow, base, actions, wildcards } = context;
  let inBase = countLabels(base, null);
  const inFlow = countLabels(flow, null);
  if (inBase === 0 && inFlow === 0) return;
  let common = sameLabels(flow, inFlow, base, inBase);
  if (common === inBase && common === inFlow) return;
  wildcards.fill(0xff, at(0), at(MAX_LABELS));
  while (inBase > common) {
    if (inBase - 1 === common && inFlow > common) {
      const label = at(inFlow - inBase);
      actions.push({
        type: "set",
        target: "mpls",
        value: flow.slice(label, label + LSE_BYTES),
        mask: new Uint8Array(LSE_BYTES).fill(0xff),
      });
      common++;
    } else {
      inBase--;
      actions.push({ type: "pop_mpls", etherType: !isMpls(flow) && inBase > 0 ? ETH_TYPE_MPLS : typeOf(flow) });
    }
  }
  for (; inBase < inFlow; inBase++) {
    const label = at(inFlow - inBase - 1);
    const lse = new DataView(flow.buffer, flow.byteOffset + label).getUint32(0);
    const etherType = typeOf(flow);
    actions.push(covers ? { type: "add_mpls", etherType, lse, covers } : { type: "push_mpls", etherType, lse });
  }
  base.set(flow.subarray(at(0), at(MAX_LABELS)), at(0));
  base.set(flow.subarray(KEY_ETH_TYPE, KEY_ETH_TYPE + 2), KEY_ETH_TYPE);
}
