/**
 * Which rule makes room for another one when a table is full and evicts: OVS's way, as OpenFlow 1.4 section 6.5 leaves it to the switch.
 *
 * Only rules that will time out anyway can go. Those that agree in the table's `groups` of fields are a group; the largest group
 * gives up a rule (fairness), of its rules the least important one, of these the one that would end first.
 * Cost: a look at every rule of the table for each eviction.
 */
import type { Subfield } from "../flow/field.ts";
import { getSubfield } from "../flow/flow.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import type { Rule } from "./rule.ts";

/** undefined: none of them will ever end by itself. */
export function ruleToEvict(rules: Iterable<Rule>, groups: readonly Subfield[]): Rule | undefined {
  const byGroup = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (expiration(rule) === Number.POSITIVE_INFINITY || rule.flags.hidden) continue;
    const group = groupOf(rule, groups);
    const members = byGroup.get(group);
    if (members === undefined) byGroup.set(group, [rule]);
    else members.push(rule);
  }
  let largest: readonly Rule[] = [];
  for (const members of byGroup.values()) if (members.length > largest.length) largest = members;
  return largest.toSorted((a, b) => a.importance - b.importance || expiration(a) - expiration(b))[0];
}

/** Milliseconds of the clock that the rule's times are of. */
function expiration({ hardTimeout, idleTimeout, modified, statistics }: Rule): number {
  return Math.min(
    hardTimeout ? modified + hardTimeout * 1000 : Number.POSITIVE_INFINITY,
    idleTimeout ? statistics.used + idleTimeout * 1000 : Number.POSITIVE_INFINITY,
  );
}

function groupOf({ match: { value } }: Rule, groups: readonly Subfield[]): string {
  return groups.map((part) => (hasPrerequisites(value, part.field) ? getSubfield(value, part) : "")).join(" ");
}
