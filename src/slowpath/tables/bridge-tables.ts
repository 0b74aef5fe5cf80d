/**
 * What: a bridge's 255 flow tables, groups and meters, and the one way to change them: `apply` takes a list of modifications
 *   (a bundle, or a single one) and does all of it or nothing.
 * Invariants: listeners hear of a commit before `apply` returns, in the order they registered, with everything in force.
 *   All times are milliseconds of CLOCK_MONOTONIC, given by the caller.
 */
import { applyFlowMod, type FlowStore, removeRule } from "./flow-mods.ts";
import { FlowTable, type TableSettings } from "./flow-table.ts";
import { GroupTable } from "./groups.ts";
import { LearnedCookies } from "./learned-cookies.ts";
import { type LookupCounters, makeLookupCounters } from "./lookup-counters.ts";
import { type MeterIndexes, MeterTable } from "./meters.ts";
import { type Modification, ModificationError, TABLE_COUNT } from "./modification.ts";
import { groupsIn, metersIn } from "./references.ts";
import type { FlowLookup, Rule } from "./rule.ts";
import { type ChangeSet, type RemovalReason, Transaction } from "./transaction.ts";

export class BridgeTables implements FlowLookup {
  readonly groups = new GroupTable();
  readonly meters: MeterTable;
  readonly #tables: (FlowTable | undefined)[] = new Array<undefined>(TABLE_COUNT).fill(undefined);
  readonly #counters: (LookupCounters | undefined)[] = new Array<undefined>(TABLE_COUNT).fill(undefined);
  readonly #listeners: ((changes: ChangeSet) => void)[] = [];
  readonly #learnedCookies = new LearnedCookies();
  readonly #store: FlowStore;

  constructor(meterIndexes?: MeterIndexes) {
    this.meters = new MeterTable(meterIndexes);
    this.#store = {
      table: (number) => this.table(number),
      usedTables: () => this.#tables.filter((table) => table !== undefined),
      hasGroup: (id) => this.groups.get(id) !== undefined,
      hasMeter: (id) => this.meters.get(id) !== undefined,
      expiring: new Set(),
    };
  }

  /** @returns what ends it */
  onChange(listener: (changes: ChangeSet) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      const index = this.#listeners.indexOf(listener);
      if (index >= 0) this.#listeners.splice(index, 1);
    };
  }

  lookup(table: number, flow: Uint8Array, wildcards: Uint8Array | null): Rule | undefined {
    return this.#tables[table]?.lookup(flow, wildcards);
  }

  counters(table: number): LookupCounters {
    this.#counters[table] ??= makeLookupCounters();
    return this.#counters[table];
  }

  /** @throws RangeError for a number past 254. */
  table(number: number): FlowTable {
    if (number < 0 || number >= TABLE_COUNT) throw new RangeError(`table ${number} does not exist`);
    this.#tables[number] ??= new FlowTable();
    return this.#tables[number];
  }

  /** Every rule: tables ascending, priorities falling. */
  *rules(): Generator<Rule> {
    for (const table of this.#tables) if (table) yield* table.rules();
  }

  /** Tables that have or had rules. */
  *usedTables(): Generator<[number, FlowTable]> {
    for (const [number, table] of this.#tables.entries()) if (table) yield [number, table];
  }

  /**
   * Does all of the list, in order, or nothing.
   * @throws ModificationError whose `index` says which one was refused.
   */
  apply(modifications: readonly Modification[], now: number): ChangeSet {
    const transaction = new Transaction(now);
    modifications.forEach((modification, index) => {
      try {
        this.#applyOne(modification, transaction);
      } catch (error) {
        transaction.rollBack();
        if (error instanceof ModificationError) throw new ModificationError(error.code, error.sentence, index);
        throw error;
      }
    });
    return this.#commit(transaction);
  }

  /** A table's limits; rules beyond them go, as far as the table evicts. */
  configure(number: number, settings: TableSettings, now: number): ChangeSet {
    const table = this.table(number);
    table.settings = settings;
    const transaction = new Transaction(now);
    while (settings.flowLimit !== undefined && table.size > settings.flowLimit) {
      const victim = table.toEvict();
      if (victim === undefined) break;
      removeRule(this.#store, victim, "eviction", transaction);
    }
    return this.#commit(transaction);
  }

  #applyOne(modification: Modification, transaction: Transaction): void {
    switch (modification.kind) {
      case "flow":
        applyFlowMod(this.#store, modification, transaction);
        return;
      case "group": {
        const deleted = this.groups.apply(modification, transaction);
        this.#removeWhere(
          (rule) => groupsIn(rule.actions).some((id) => deleted.has(id)),
          deleted,
          "group_delete",
          transaction,
        );
        return;
      }
      case "meter": {
        const deleted = this.meters.apply(modification, transaction);
        this.#removeWhere(
          (rule) => metersIn(rule.actions).some((id) => deleted.has(id)),
          deleted,
          "meter_delete",
          transaction,
        );
      }
    }
  }

  /** Rules cannot outlive the group or meter they name. */
  #removeWhere(
    names: (rule: Rule) => boolean,
    deleted: ReadonlySet<number>,
    reason: RemovalReason,
    transaction: Transaction,
  ): void {
    if (deleted.size === 0) return;
    for (const rule of [...this.rules()]) if (names(rule)) removeRule(this.#store, rule, reason, transaction);
  }

  /** Removes the rules whose time is over. Statistics must be up to date: idle time counts from the last packet. */
  expire(now: number): ChangeSet {
    const transaction = new Transaction(now);
    for (const rule of [...this.#store.expiring]) {
      const { idleTimeout, hardTimeout } = rule;
      if (hardTimeout && now - rule.modified >= hardTimeout * 1000) {
        removeRule(this.#store, rule, "hard_timeout", transaction);
      } else if (idleTimeout && now - Math.max(rule.statistics.used, rule.created) >= idleTimeout * 1000) {
        removeRule(this.#store, rule, "idle_timeout", transaction);
      }
    }
    return this.#commit(transaction);
  }

  /** Rules whose last teacher goes, go too; they may be teachers themselves. */
  #forgetLearned(transaction: Transaction): void {
    for (;;) {
      const places = this.#learnedCookies.follow(transaction.changes());
      const orphans = places.flatMap(({ table, cookie }) => this.learnedRules(table, cookie));
      if (orphans.length === 0) return;
      for (const rule of orphans) removeRule(this.#store, rule, "delete", transaction);
    }
  }

  /** Rules that learn() actions with this table and cookie have made. */
  learnedRules(table: number, cookie: bigint): Rule[] {
    return this.table(table)
      .rules()
      .filter((rule) => rule.cookie === cookie);
  }

  /** Shortens a rule's timeouts (the fin_timeout action): never lengthens them. Seconds, 0 = leave. */
  reduceTimeouts(rule: Rule, idle: number, hard: number): void {
    if (idle && (!rule.idleTimeout || rule.idleTimeout > idle)) rule.idleTimeout = idle;
    if (hard && (!rule.hardTimeout || rule.hardTimeout > hard)) rule.hardTimeout = hard;
    if (this.table(rule.table).exactly(rule.match, rule.priority) === rule) this.#store.expiring.add(rule);
  }

  #commit(transaction: Transaction): ChangeSet {
    this.#forgetLearned(transaction);
    const changes = transaction.changes();
    const { tables, groups, meters } = changes;
    if (tables.size + groups.size + meters.size > 0) for (const listener of this.#listeners) listener(changes);
    return changes;
  }
}
