/** One OpenFlow table: its rules by match (classifier.ts), in the order they came, and how often it was asked. */
import { Classifier } from "./classifier.ts";
import type { Match, Rule } from "./rule.ts";

export class FlowTable {
  readonly #classifier = new Classifier();
  readonly #rules = new Set<Rule>();
  lookups = 0;
  matched = 0;

  get size(): number {
    return this.#rules.size;
  }

  /** By falling priority; equal ones in the order they came. */
  rules(): Rule[] {
    return [...this.#rules].sort((a, b) => b.priority - a.priority);
  }

  insert(rule: Rule): void {
    this.#classifier.insert(rule);
    this.#rules.add(rule);
  }

  remove(rule: Rule): void {
    this.#classifier.remove(rule);
    this.#rules.delete(rule);
  }

  ownMatch(match: Match): Match {
    return this.#classifier.ownMatch(match);
  }

  /** To be called when a rule's actions change in place. */
  conjunctionsChanged(before: boolean, after: boolean): void {
    this.#classifier.conjunctionsChanged(before, after);
  }

  exactly(match: Match, priority: number): Rule | undefined {
    return this.#classifier.exactly(match, priority);
  }

  coveredBy(criteria: Match): Iterable<Rule> {
    return this.#classifier.coveredBy(criteria);
  }

  hasOverlap(match: Match, priority: number): boolean {
    return this.#classifier.hasOverlap(match, priority);
  }

  lookup(flow: Uint8Array, wildcards: Uint8Array | null): Rule | undefined {
    const rule = this.#classifier.lookup(flow, wildcards);
    this.lookups++;
    if (rule !== undefined) this.matched++;
    return rule;
  }
}
