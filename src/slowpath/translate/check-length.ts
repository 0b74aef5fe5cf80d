/** check_pkt_larger: the rest of the list is translated twice, once for each answer, into the two programs of check_pkt_len. */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { Place } from "../actions/definition.ts";
import type { Subfield } from "../flow/field.ts";
import { setSubfieldNumber } from "../flow/flow.ts";
import { runActionSet } from "./action-set.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import { markWritten } from "./write.ts";

function setAnswer(context: TranslationContext, destination: Subfield, larger: boolean): void {
  setSubfieldNumber(context.flow, destination, larger ? 1 : 0);
  markWritten(context, destination);
}

/** Runs the rest of the list, pipeline's end included, into a program of its own. */
function branch(context: TranslationContext, destination: Subfield, larger: boolean, place: Place): DatapathAction[] {
  const flow = takeFlow(context.flow);
  const base = takeFlow(context.base);
  const stack = context.stack.slice();
  const { actions, actionSet, actionSetHasGroup, conntracked, wasMpls, pending, insideUnparsed, exit } = context;
  const program: DatapathAction[] = [];
  context.actions = program;
  context.actionSet = actionSet.slice();
  setAnswer(context, destination, larger);
  const rest = place.list.slice(place.index + 1);
  if (rest.length > 0) context.execute(rest, true, place.inBucket);
  if (!context.freezing) runActionSet(context);
  context.finishFreezing();
  context.actions = actions;
  context.actionSet = actionSet;
  context.actionSetHasGroup = actionSetHasGroup;
  context.conntracked = conntracked;
  context.wasMpls = wasMpls;
  context.pending = pending;
  context.insideUnparsed = insideUnparsed;
  context.exit = exit;
  context.stack.length = 0;
  context.stack.push(...stack);
  context.flow.set(flow);
  context.base.set(base);
  giveBack(flow);
  giveBack(base);
  return program;
}

export function branchOnLength(context: TranslationContext, length: number, destination: Subfield, place: Place): void {
  const { decided } = context;
  if (decided) {
    setAnswer(context, destination, decided.packetLength > length);
    const rest = place.list.slice(place.index + 1);
    if (rest.length > 0) context.execute(rest, place.last, place.inBucket);
    return;
  }
  context.branched = true;
  context.commit();
  const greater = branch(context, destination, true, place);
  const lessOrEqual = branch(context, destination, false, place);
  context.actions.push({ type: "check_pkt_len", length, greater, lessOrEqual });
  // It ran in both branches.
  context.actionSet = [];
}
