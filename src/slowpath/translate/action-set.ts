/** The action set: what write_actions gathered, run in OpenFlow's order when the pipeline ends (OpenFlow 1.5 §5.6). */
import type { Action } from "../actions/action.ts";
import { FLOW_ACTSET_OUTPUT } from "../flow/flow-layout.ts";
import { PORT_UNSET } from "../flow/port-text.ts";
import type { TranslationContext } from "./context.ts";

/** Of these the last one given counts, in this order. */
const once: readonly Action["type"][] = ["pop_vlan", "pop_mpls", "push_mpls", "push_vlan", "dec_ttl", "dec_mpls_ttl"];
/** These run as often as given, in the order given. */
const writes: readonly Action["type"][] = [
  "set_field",
  "move",
  "set_vlan_vid",
  "set_vlan_pcp",
  "set_l4_port",
  "set_queue",
];
/** One of these ends the set, the last kind that is there winning; without one nothing is done at all. */
const finals: readonly Action["type"][] = ["ct", "resubmit", "output", "group"];

/** The actions of a set as the list to be run. */
export function orderedSet(set: readonly Action[]): Action[] {
  const final = finals.toReversed().find((type) => set.some((action) => action.type === type));
  if (!final) return [];
  const list: Action[] = [];
  for (const type of once) {
    const action = set.findLast((candidate) => candidate.type === type);
    if (action) list.push(action);
  }
  for (const action of set) if (writes.includes(action.type)) list.push(action);
  list.push(set.findLast((action) => action.type === final)!);
  return list;
}

/** actset_output: the port of the output in the set, for tables to match on. */
export function setActsetOutput(context: TranslationContext, port: number): void {
  const { flow, written } = context;
  flow[FLOW_ACTSET_OUTPUT + 2] = port >> 8;
  flow[FLOW_ACTSET_OUTPUT + 3] = port & 0xff;
  written.fill(0xff, FLOW_ACTSET_OUTPUT, FLOW_ACTSET_OUTPUT + 4);
}

export function addToActionSet(context: TranslationContext, actions: readonly Action[]): void {
  for (const action of actions) {
    if (context.actionSetHasGroup) break;
    if (action.type === "output") {
      setActsetOutput(context, action.port);
    } else if (action.type === "group") {
      setActsetOutput(context, PORT_UNSET);
      context.actionSetHasGroup = true;
    }
  }
  context.actionSet.push(...actions);
}

function report(context: TranslationContext, verb: "was" | "is"): void {
  if (!context.nodes) return;
  const list = orderedSet(context.actionSet);
  const text = list.length > 0 ? `action set ${verb}: ${context.describe(list)}` : `action set ${verb} empty`;
  context.report("detail", text);
}

export function writeActions(context: TranslationContext, actions: readonly Action[]): void {
  addToActionSet(context, actions);
  report(context, "is");
}

export function clearActionSet(context: TranslationContext): void {
  report(context, "was");
  context.actionSet = [];
  context.actionSetHasGroup = false;
  setActsetOutput(context, PORT_UNSET);
}

/** At the end of the pipeline, of a clone, of a branch. */
export function runActionSet(context: TranslationContext): void {
  if (context.actionSet.length === 0) return;
  const list = orderedSet(context.actionSet);
  context.actionSet = [];
  if (list.length === 0) return;
  const { nodes } = context;
  context.inActionSet = true;
  context.enter({ kind: "table", text: "--. Executing action set:" });
  context.execute(list, true, false);
  context.nodes = nodes;
  context.inActionSet = false;
}
