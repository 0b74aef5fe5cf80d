/**
 * clone(): the body is translated in place; only when something follows it, and what it does cannot be undone by a later
 * commit, it becomes a datapath clone.
 */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { Action } from "../actions/action.ts";
import { runActionSet } from "./action-set.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";

const ETH_TYPE_TEB = 0x6558;

/** Whether `commit` can bring the packet back to what it was. */
function isReversible(action: DatapathAction): boolean {
  switch (action.type) {
    case "output":
    case "userspace":
    case "set":
    case "push_vlan":
    case "pop_vlan":
    case "push_mpls":
    case "sample":
    case "clone":
    case "recirc":
    case "select":
    case "drop":
      return true;
    case "pop_mpls":
      return action.etherType !== ETH_TYPE_TEB;
    case "check_pkt_len":
      return action.greater.every(isReversible) && action.lessOrEqual.every(isReversible);
    default:
      return false;
  }
}

/**
 * Runs `body`, then puts back everything a copy of the packet cannot have changed. `commitFirst`: what follows the copy is to find
 * the packet as it is now; without, a body that changes the same fields need not set them twice.
 */
export function isolated(context: TranslationContext, last: boolean, body: () => void, commitFirst = true): void {
  if (!last && commitFirst) context.commit();
  const flow = takeFlow(context.flow);
  const base = takeFlow(context.base);
  const stack = context.stack.slice();
  const { actionSet, actionSetHasGroup, conntracked, wasMpls, pending, insideUnparsed, actions } = context;
  context.actionSet = actionSet.slice();
  const inner: DatapathAction[] = last ? actions : [];
  context.actions = inner;
  body();
  context.actions = actions;
  if (!last && inner.length > 0) {
    if (inner.every(isReversible)) {
      actions.push(...inner);
    } else {
      actions.push({ type: "clone", actions: inner });
      context.base.set(base);
    }
  }
  context.flow.set(flow);
  context.stack.length = 0;
  context.stack.push(...stack);
  context.actionSet = actionSet;
  context.actionSetHasGroup = actionSetHasGroup;
  context.conntracked = conntracked;
  context.wasMpls = wasMpls;
  context.pending = pending;
  context.insideUnparsed = insideUnparsed;
  giveBack(flow);
  giveBack(base);
}

/** Actions that by themselves make a datapath clone of the clone they are in. */
const irreversible = new Set<Action["type"]>([
  ...(["ct", "nat", "meter", "output_trunc", "encap", "decap", "check_pkt_larger"] as const),
]);

export function runClone(context: TranslationContext, body: readonly Action[], last: boolean): void {
  const run = () => {
    context.execute(body, true, false);
    if (!context.freezing) runActionSet(context);
    context.finishFreezing();
  };
  isolated(
    context,
    last,
    run,
    body.some(({ type }) => irreversible.has(type)),
  );
}
