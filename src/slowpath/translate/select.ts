/**
 * What: select groups, in one of two ways, by configuration:
 *   "one-pass":    one datapath action `select` holds every bucket's program; the fast path hashes and runs one.
 *                  The megaflow looks at what any bucket looks at.
 *   "recirculate": as OVS. dp_hash: hash + recirculate, then one megaflow for each value of the hash's low bits.
 *                  Field hashing: the bucket is chosen here, the fields go into the megaflow.
 * Invariants: both ways choose the same bucket for the same packet (assembly/select does the fast path's share).
 */
import { KEY_DP_HASH, KEY_IN_PORT, KEY_TUN_ID } from "../../../assembly/layout/key.ts";
import type { DatapathAction, SelectAction, SelectBucket, SelectField } from "../../fastpath/datapath-action.ts";
import { NO_BUCKET, selectSlots } from "../../fastpath/select-slots.ts";
import type { Field } from "../flow/field.ts";
import { fieldByName } from "../flow/fields.ts";
import { fieldMask } from "../flow/flow.ts";
import { FLOW_SIZE } from "../flow/flow-layout.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import type { Bucket, Group } from "../tables/rule.ts";
import type { TranslationContext } from "./context.ts";
import { hashBytes, hashInt, hashUint64 } from "./flow-hash.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import { bucketIsAlive, reportNotLive, runBucket, runChosen } from "./group.ts";
import { hashFieldSets } from "./multipath.ts";

export const SELECT_MODES = ["one-pass", "recirculate"] as const;
export type SelectMode = (typeof SELECT_MODES)[number];

type DpHash = Extract<SelectAction["method"], { kind: "dp_hash" }>;

/** OVS's choice for groups without a selection method; more slots than this and it hashes in the slow path. */
const DEFAULT_BASIS = 0;
const DEFAULT_MAX_SLOTS = 256;
const HASH_ALGORITHM_SYM_L4 = 1n;

function slotsOf(context: TranslationContext, buckets: readonly Bucket[]): Uint16Array | undefined {
  return selectSlots(buckets.map((bucket) => ({ weight: bucket.weight, alive: bucketIsAlive(context, bucket) })));
}

/** How the group wants dp_hash made; undefined: it does not, or its weights need too many slots. */
function dpHashOf(group: Group, slots: Uint16Array | undefined): DpHash | undefined {
  if (!slots) return undefined;
  if (group.selectionMethod === "dp_hash") {
    const algorithm = group.selectionParam >> 32n === HASH_ALGORITHM_SYM_L4 ? "sym_l4" : "l4";
    return { kind: "dp_hash", basis: Number(group.selectionParam & 0xffff_ffffn), algorithm };
  }
  if (group.selectionMethod === "" && slots.length <= DEFAULT_MAX_SLOTS) {
    return { kind: "dp_hash", basis: DEFAULT_BASIS, algorithm: "sym_l4" };
  }
  return undefined;
}

/** The fields that this packet has, in the order in which they are hashed, with their masks. */
function* hashedFields(context: TranslationContext, group: Group): Generator<{ field: Field; mask: Uint8Array }> {
  for (const { name, mask } of group.fields) {
    const field = fieldByName(name);
    if (field && hasPrerequisites(context.flow, field, context.wildcards)) {
      yield { field, mask: mask ?? fieldMask(field) };
    }
  }
}

/** Bytes of the field as OVS hashes them: right-aligned, as many as the field has on the wire. */
function wireBytes(field: Field): number {
  return (field.bits + 7) >> 3;
}

/** Highest score wins, the later of equals. A bucket of weight 0 is never chosen, even where there is no other. */
function bestBucket(context: TranslationContext, group: Group, basis: number): Bucket | undefined {
  let best: Bucket | undefined;
  let bestScore = 0;
  for (const bucket of group.buckets) {
    if (bucket.weight === 0 || !bucketIsAlive(context, bucket)) {
      reportNotLive(context, bucket);
      continue;
    }
    const score = Math.imul(hashInt(bucket.id, basis) & 0xffff, bucket.weight) >>> 0;
    context.report("detail", `bucket ${bucket.id}: score ${score}`);
    if (score >= bestScore) {
      best = bucket;
      bestScore = score;
    }
  }
  return best;
}

/** The field that is hashed: the longest are tunnel options. */
const hashed = new Uint8Array(FLOW_SIZE);

function chooseByFields(context: TranslationContext, group: Group): Bucket | undefined {
  let basis = hashUint64(group.selectionParam);
  for (const { field, mask } of hashedFields(context, group)) {
    const own = fieldMask(field);
    for (let i = 0; i < field.bytes; i++) {
      hashed[i] = context.flow[field.offset + i] & own[i] & mask[i];
      context.wildcards[field.offset + i] |= mask[i];
    }
    basis = hashBytes(hashed, basis, field.bytes - wireBytes(field), field.bytes);
  }
  return bestBucket(context, group, basis);
}

function chooseBySymmetricHash(context: TranslationContext, group: Group): Bucket | undefined {
  return bestBucket(context, group, hashFieldSets.get("symmetric_l4")!(context, 0));
}

/** As OVS: the first pass asks for the hash and comes again. */
function chooseByDpHash(
  context: TranslationContext,
  group: Group,
  slots: Uint16Array,
  method: DpHash,
  last: boolean,
): void {
  const { flow, wildcards } = context;
  const hash = new DataView(flow.buffer, flow.byteOffset).getUint32(KEY_DP_HASH);
  if (!context.hashed || hash === 0) {
    context.pendingHash = { algorithm: method.algorithm, basis: method.basis };
    context.triggerFreeze();
    // As OVS 3.1 says it: traces are compared with its.
    context.report("detail", "no live bucket");
    return;
  }
  const slotMask = slots.length - 1;
  const view = new DataView(wildcards.buffer, wildcards.byteOffset);
  view.setUint32(KEY_DP_HASH, view.getUint32(KEY_DP_HASH) | slotMask);
  const index = slots[hash & slotMask];
  runChosen(context, index === NO_BUCKET ? undefined : group.buckets[index], last);
}

/** The packet is known: what the fast path would choose. */
function chooseForPacket(
  context: TranslationContext,
  group: Group,
  slots: Uint16Array,
  basis: number,
): Bucket | undefined {
  const hash = hashInt(context.decided!.rssHash, basis) || 1;
  const index = slots[hash & (slots.length - 1)];
  return index === NO_BUCKET ? undefined : group.buckets[index];
}

/** A field that the datapath's key holds just as the pipeline sees it. */
function isInKey({ offset, shift, bits }: Field): boolean {
  return offset < KEY_TUN_ID && offset !== KEY_IN_PORT && shift === 0 && bits % 8 === 0;
}

function keyFields(context: TranslationContext, group: Group): SelectField[] | undefined {
  const fields: SelectField[] = [];
  for (const { field, mask } of hashedFields(context, group)) {
    if (!isInKey(field)) return undefined;
    const skipped = field.bytes - wireBytes(field);
    fields.push({ keyOffset: field.offset + skipped, mask: mask.slice(skipped) });
  }
  return fields;
}

/** A bucket's program; afterwards everything is as before it. */
function bucketProgram(context: TranslationContext, bucket: Bucket): DatapathAction[] {
  const base = takeFlow(context.base);
  const { actions, conntracked } = context;
  const stack = context.stack.slice();
  const actionSet = context.actionSet.slice();
  const program: DatapathAction[] = [];
  context.actions = program;
  runBucket(context, bucket, true);
  context.actions = actions;
  context.conntracked = conntracked;
  context.stack.length = 0;
  context.stack.push(...stack);
  context.actionSet = actionSet;
  context.base.set(base);
  giveBack(base);
  return program;
}

function runInOnePass(context: TranslationContext, group: Group, method: SelectAction["method"]): void {
  context.commit();
  context.branched = true;
  const buckets: SelectBucket[] = [];
  for (const bucket of group.buckets) {
    const alive = bucketIsAlive(context, bucket);
    const runs = alive && bucket.weight > 0;
    buckets.push({
      id: bucket.id,
      weight: bucket.weight,
      alive,
      actions: runs ? bucketProgram(context, bucket) : [],
      counters: bucket.counters,
    });
  }
  context.actions.push({ type: "select", method, buckets });
}

export function runSelect(context: TranslationContext, group: Group, last: boolean): void {
  if (context.wasMpls) {
    context.triggerFreeze();
    return;
  }
  const slots = group.selectionMethod === "hash" ? undefined : slotsOf(context, group.buckets);
  const dpHash = dpHashOf(group, slots);
  const onePass = context.input.select === "one-pass";
  if (dpHash) {
    if (!onePass) {
      chooseByDpHash(context, group, slots!, dpHash, last);
    } else if (context.decided) {
      runChosen(context, chooseForPacket(context, group, slots!, dpHash.basis), last);
    } else {
      runInOnePass(context, group, dpHash);
    }
    return;
  }
  if (group.selectionMethod !== "hash" || group.fields.length === 0) {
    runChosen(context, chooseBySymmetricHash(context, group), last);
    return;
  }
  const fields = onePass && !context.decided ? keyFields(context, group) : undefined;
  if (fields) runInOnePass(context, group, { kind: "fields", param: group.selectionParam, fields });
  else runChosen(context, chooseByFields(context, group), last);
}
