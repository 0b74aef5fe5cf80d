/**
 * What: a list of modifications in progress: what changed so far, and how to take it back.
 * Invariants: after `rollBack` the tables are as they were before the first step.
 */
import type { Action } from "../actions/action.ts";
import type { Rule } from "./rule.ts";

export type RemovalReason =
  | "delete"
  | "replaced"
  | "idle_timeout"
  | "hard_timeout"
  | "group_delete"
  | "meter_delete"
  | "eviction";

/** What a commit changed; a rule that came and went within it is in none of the lists. */
export interface ChangeSet {
  readonly tables: ReadonlySet<number>;
  readonly added: ReadonlySet<Rule>;
  readonly modified: ReadonlySet<Rule>;
  /** What modified rules did before. */
  readonly actionsBefore: ReadonlyMap<Rule, readonly Action[]>;
  readonly removed: ReadonlyMap<Rule, RemovalReason>;
  /** Ids of groups and meters that came, went or changed. */
  readonly groups: ReadonlySet<number>;
  readonly meters: ReadonlySet<number>;
}

export class Transaction {
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly now: number;
  readonly #undo: (() => void)[] = [];
  readonly #tables = new Set<number>();
  readonly #added = new Set<Rule>();
  readonly #modified = new Map<Rule, readonly Action[]>();
  readonly #removed = new Map<Rule, RemovalReason>();
  readonly #groups = new Set<number>();
  readonly #meters = new Set<number>();

  constructor(now: number) {
    this.now = now;
  }

  onRollBack(step: () => void): void {
    this.#undo.push(step);
  }

  rollBack(): void {
    for (const step of this.#undo.toReversed()) step();
  }

  ruleAdded(rule: Rule): void {
    this.#tables.add(rule.table);
    this.#added.add(rule);
  }

  ruleRemoved(rule: Rule, reason: RemovalReason): void {
    this.#tables.add(rule.table);
    this.#modified.delete(rule);
    if (!this.#added.delete(rule)) this.#removed.set(rule, reason);
  }

  ruleModified(rule: Rule, before: readonly Action[]): void {
    this.#tables.add(rule.table);
    if (!this.#added.has(rule) && !this.#modified.has(rule)) this.#modified.set(rule, before);
  }

  groupChanged(id: number): void {
    this.#groups.add(id);
  }

  meterChanged(id: number): void {
    this.#meters.add(id);
  }

  changes(): ChangeSet {
    return {
      tables: this.#tables,
      added: this.#added,
      modified: new Set(this.#modified.keys()),
      actionsBefore: this.#modified,
      removed: this.#removed,
      groups: this.#groups,
      meters: this.#meters,
    };
  }
}
