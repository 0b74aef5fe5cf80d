/** One OpenFlow table: its rules by match (classifier.ts), in the order they came, its limits, and how often it was asked. */
import type { Subfield } from "../flow/field.ts";
import { Classifier } from "./classifier.ts";
import { ruleToEvict } from "./eviction.ts";
import type { Match, Rule } from "./rule.ts";

/** What the database's Flow_Table says of a table. */
export interface TableSettings {
  readonly name: string;
  /** Most rules; undefined: no limit. */
  readonly flowLimit?: number;
  /** A full table gives up a rule for each new one. */
  readonly evicts: boolean;
  /** Fairness: eviction.ts. */
  readonly groups: readonly Subfield[];
}

export const DEFAULT_SETTINGS: TableSettings = { name: "", evicts: false, groups: [] };

/** A controller wants to hear when the room that is left falls below `down` percent, and when it grows above `up`, in turn. */
export interface VacancyWish {
  readonly down: number;
  readonly up: number;
  next: "down" | "up";
}

export class FlowTable {
  readonly #classifier = new Classifier();
  readonly #rules = new Set<Rule>();
  settings = DEFAULT_SETTINGS;
  /** A controller has asked for eviction. */
  evictsForController = false;
  vacancyWish: VacancyWish | undefined;

  get size(): number {
    return this.#rules.size;
  }

  get isFull(): boolean {
    const { flowLimit } = this.settings;
    return flowLimit !== undefined && this.size >= flowLimit;
  }

  /** How many percent of the table are left. */
  get vacancy(): number {
    const { flowLimit } = this.settings;
    if (!flowLimit) return 100;
    return Math.max(0, Math.floor(((flowLimit - this.size) * 100) / flowLimit));
  }

  /** The rule that makes room for another; undefined: none does. */
  toEvict(): Rule | undefined {
    if (!this.settings.evicts && !this.evictsForController) return undefined;
    return ruleToEvict(this.#rules, this.settings.groups);
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
    return this.#classifier.lookup(flow, wildcards);
  }
}
