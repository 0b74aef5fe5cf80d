/**
 * What: conjunctive matches: `conjunction(id, k/n)` makes a rule one way to satisfy clause k of n; a packet that satisfies all n
 *   clauses, at one priority, is looked up again with conj_id=id.
 * Invariants: a conjunction beats only rules of lower priority, and only if a rule for its conj_id exists. Rules that were part
 *   of no complete conjunction give way to what lies under them with the same match and a lower priority.
 */
import { FLOW_CONJ_ID } from "../flow/flow-layout.ts";
import type { Rule } from "./rule.ts";
import type { Entry } from "./subtable.ts";

/** An entry that matched, and which of its rules is in force: those before it were discarded. */
export interface Candidate {
  readonly entry: Entry;
  at: number;
}

/** `lookAgain` looks for rules without conjunctions while the flow's conj_id is set. */
export function resolveConjunctions(
  flow: Uint8Array,
  candidates: Candidate[],
  best: Rule | undefined,
  lookAgain: () => Rule | undefined,
): Rule | undefined {
  let hard = best;
  while (candidates.length > 0) {
    let priority = -1;
    for (const { entry, at } of candidates) priority = Math.max(priority, entry.rules[at].priority);
    if (hard && hard.priority >= priority) return hard;
    for (const id of completeConjunctions(candidates, priority)) {
      const found = withConjunction(flow, id, lookAgain);
      if (found) return found;
    }
    for (let i = candidates.length - 1; i >= 0; i--) {
      const candidate = candidates[i];
      const { rules } = candidate.entry;
      if (rules[candidate.at].priority !== priority) continue;
      candidate.at++;
      const next = rules[candidate.at];
      if (next?.conjunctions) continue;
      candidates.splice(i, 1);
      if (next && (!hard || next.priority > hard.priority)) hard = next;
    }
  }
  return hard;
}

/** Ids whose clauses are all satisfied by candidates of that priority, lowest first. */
function completeConjunctions(candidates: readonly Candidate[], priority: number): number[] {
  const clauses = new Map<number, { n: number; have: Set<number> }>();
  for (const { entry, at } of candidates) {
    const rule = entry.rules[at];
    if (rule.priority !== priority) continue;
    for (const { id, clause, clauses: n } of rule.conjunctions!) {
      const state = clauses.get(id) ?? { n, have: new Set() };
      state.have.add(clause);
      clauses.set(id, state);
    }
  }
  const complete = [...clauses].filter(([, { n, have }]) => have.size === n);
  return complete.map(([id]) => id).sort((a, b) => a - b);
}

function withConjunction(flow: Uint8Array, id: number, lookAgain: () => Rule | undefined): Rule | undefined {
  const saved = flow.slice(FLOW_CONJ_ID, FLOW_CONJ_ID + 4);
  new DataView(flow.buffer, flow.byteOffset).setUint32(FLOW_CONJ_ID, id);
  try {
    return lookAgain();
  } finally {
    flow.set(saved, FLOW_CONJ_ID);
  }
}
