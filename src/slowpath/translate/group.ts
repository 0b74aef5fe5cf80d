/**
 * Groups. Each bucket works on a copy of the packet: what it changes is undone when it ends (the flow here; in the datapath
 * the next commit sets things right, as in OVS).
 */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { OfPort } from "../actions/action.ts";
import type { Outcome, Place } from "../actions/definition.ts";
import type { Bucket, Group } from "../tables/rule.ts";
import { orderedSet } from "./action-set.ts";
import { isAlive } from "./bridge.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import { withinLimits } from "./resubmit.ts";
import { runSelect } from "./select.ts";

/** Groups may watch groups, but not without end. */
const MAX_WATCH_DEPTH = 128;

function portIsAlive(context: TranslationContext, port: OfPort): boolean {
  return isAlive(context.port(port));
}

/** A bucket that watches nothing is always alive. */
export function bucketIsAlive(context: TranslationContext, bucket: Bucket, depth = 0): boolean {
  if (depth >= MAX_WATCH_DEPTH) return false;
  const { watchPort, watchGroup } = bucket;
  if (watchPort === undefined && watchGroup === undefined) return true;
  if (watchPort !== undefined && portIsAlive(context, watchPort)) return true;
  if (watchGroup === undefined) return false;
  const group = context.bridge.group(watchGroup);
  if (!context.groups.includes(watchGroup)) context.groups.push(watchGroup);
  return group?.buckets.some((inner) => bucketIsAlive(context, inner, depth + 1)) ?? false;
}

/** In OVS's words, which call a watched group a port too. */
export function reportNotLive(context: TranslationContext, { id, watchPort, watchGroup }: Bucket): void {
  const watched = [watchPort, watchGroup].filter((number) => number !== undefined).map((number) => `port ${number}`);
  context.report("detail", `bucket ${id}: not live due to ${watched.join(" and ")}`);
}

/** The first bucket that is alive. */
function firstAlive(context: TranslationContext, { buckets }: Group): Bucket | undefined {
  for (const bucket of buckets) {
    if (bucketIsAlive(context, bucket)) return bucket;
    reportNotLive(context, bucket);
  }
  return undefined;
}

function changesHeaders(actions: readonly DatapathAction[], from: number): boolean {
  for (let i = from; i < actions.length; i++) {
    const { type } = actions[i];
    if (type === "push_eth" || type === "pop_eth" || type === "add_mpls") return true;
  }
  return false;
}

export function runBucket(context: TranslationContext, bucket: Bucket, last: boolean): void {
  const { nodes, wasMpls, pending, insideUnparsed, actions } = context;
  context.enter({ kind: "bucket", text: `bucket ${bucket.id}` });
  const flow = takeFlow(context.flow);
  const base = takeFlow(context.base);
  const from = actions.length;
  context.depth++;
  context.execute(orderedSet(bucket.actions), last, true);
  context.depth--;
  context.finishFreezing();
  // Headers that no later commit takes back are a copy's, as in clone().
  if (!last && changesHeaders(actions, from)) {
    actions.push({ type: "clone", actions: actions.splice(from) });
    context.base.set(base);
  }
  context.flow.set(flow);
  giveBack(flow);
  giveBack(base);
  context.wasMpls = wasMpls;
  context.pending = pending;
  context.insideUnparsed = insideUnparsed;
  context.exit = false;
  if (context.error === "too_many_mpls_labels") context.error = undefined;
  context.nodes = nodes;
}

function runAll(context: TranslationContext, group: Group, last: boolean): void {
  const { buckets } = group;
  for (let i = 0; i < buckets.length; i++) {
    runBucket(context, buckets[i], last && i === buckets.length - 1);
    context.buckets.push(buckets[i]);
  }
}

/** One bucket of a group whose choice is made here. */
export function runChosen(context: TranslationContext, bucket: Bucket | undefined, last: boolean): void {
  if (!bucket) {
    context.report("detail", "no live bucket");
    return;
  }
  context.report("detail", `using bucket ${bucket.id}`);
  runBucket(context, bucket, last);
  context.buckets.push(bucket);
}

export function runGroup(context: TranslationContext, id: number, place: Place): Outcome {
  if (!withinLimits(context)) return undefined;
  if (!context.groups.includes(id)) context.groups.push(id);
  const group = context.bridge.group(id);
  if (!group) {
    context.report("warning", `output to nonexistent group ${id}`);
    return "stop";
  }
  switch (group.type) {
    case "all":
    case "indirect":
      runAll(context, group, place.last);
      break;
    case "fast_failover":
      runChosen(context, firstAlive(context, group), place.last);
      break;
    case "select":
      runSelect(context, group, place.last);
  }
  return undefined;
}
