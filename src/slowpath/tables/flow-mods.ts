/**
 * What: the semantics of OpenFlow 1.5 flow mods as OVS has them: add replaces an identical rule and keeps its counters unless
 *   told to reset them; modify touches actions and cookie only and adds nothing; delete can be narrowed by output.
 */

import type { Action } from "../actions/action.ts";
import { sameMatch } from "../flow/match.ts";
import type { FlowTable } from "./flow-table.ts";
import { ALL_TABLES, type FlowMod, ModificationError, TABLE_COUNT } from "./modification.ts";
import { groupsIn, metersIn, outputsTo } from "./references.ts";
import type { Rule } from "./rule.ts";
import type { RemovalReason, Transaction } from "./transaction.ts";

/** What flow mods need of the bridge. */
export interface FlowStore {
  table(number: number): FlowTable;
  /** Tables that have rules. */
  usedTables(): Iterable<FlowTable>;
  hasGroup(id: number): boolean;
  hasMeter(id: number): boolean;
  /** Rules with a timeout. */
  readonly expiring: Set<Rule>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws ModificationError */
export function applyFlowMod(store: FlowStore, mod: FlowMod, transaction: Transaction): void {
  if (mod.table > ALL_TABLES || mod.table < 0) {
    throw new ModificationError("OFPBRC_BAD_TABLE_ID", `table ${mod.table} does not exist`);
  }
  switch (mod.command) {
    case "add":
      addRule(store, mod, transaction);
      return;
    case "modify":
    case "modify_strict":
      modifyRules(store, mod, transaction);
      return;
    default:
      for (const rule of selectedRules(store, mod)) removeRule(store, rule, "delete", transaction);
  }
}

function modifyRules(store: FlowStore, mod: FlowMod, transaction: Transaction): void {
  checkActions(store, mod.actions);
  const rules = [...selectedRules(store, mod)];
  if (rules.length === 0 && mod.addIfMissing) {
    addRule(store, { ...mod, newCookie: mod.addIfMissing.cookie }, transaction);
  }
  for (const rule of rules) modifyRule(store, rule, mod, transaction);
}

function addRule(store: FlowStore, mod: FlowMod, transaction: Transaction): void {
  checkActions(store, mod.actions);
  const number = mod.table === ALL_TABLES ? 0 : mod.table;
  if (number >= TABLE_COUNT) throw new ModificationError("OFPBRC_BAD_TABLE_ID", `table ${number} does not exist`);
  const table = store.table(number);
  const old = table.exactly(mod.match, mod.priority);
  if (old) {
    removeRule(store, old, "replaced", transaction);
  } else if (mod.flags.checkOverlap && table.hasOverlap(mod.match, mod.priority)) {
    throw new ModificationError("OFPFMFC_OVERLAP", `a rule of priority ${mod.priority} overlaps in table ${number}`);
  } else if (table.isFull) {
    const victim = table.toEvict();
    if (!victim) throw new ModificationError("OFPFMFC_TABLE_FULL", `table ${number} has as many rules as it may have`);
    removeRule(store, victim, "eviction", transaction);
  }
  const keep = old !== undefined && !mod.flags.resetCounts;
  const rule: Rule = {
    table: number,
    priority: mod.priority,
    match: table.ownMatch(mod.match),
    cookie: mod.newCookie ?? 0n,
    actions: mod.actions,
    idleTimeout: mod.idleTimeout,
    hardTimeout: mod.hardTimeout,
    importance: mod.importance,
    flags: mod.flags,
    created: transaction.now,
    modified: transaction.now,
    // When the last packet came is no count.
    statistics: keep ? old.statistics : { packets: 0n, bytes: 0n, used: old?.statistics.used ?? transaction.now },
    conjunctions: conjunctionsOf(mod.actions),
  };
  insertRule(store, rule);
  transaction.onRollBack(() => withdrawRule(store, rule));
  transaction.ruleAdded(rule);
}

/** A rule of conjunctions only is soft; OpenFlow notes beside them mean nothing. */
function conjunctionsOf(actions: readonly Action[]): Rule["conjunctions"] {
  const parts = actions.filter((action) => action.type === "conjunction");
  if (parts.length === 0) return undefined;
  return parts.map(({ id, clause, clauses }) => ({ id, clause, clauses }));
}

function modifyRule(store: FlowStore, rule: Rule, mod: FlowMod, transaction: Transaction): void {
  const target = rule as Mutable<Rule>;
  const before = {
    actions: rule.actions,
    cookie: rule.cookie,
    modified: rule.modified,
    conjunctions: rule.conjunctions,
  };
  const counters = { ...rule.statistics };
  const table = store.table(rule.table);
  const replace = (values: typeof before): void => {
    table.conjunctionsChanged(rule.conjunctions !== undefined, values.conjunctions !== undefined);
    Object.assign(target, values);
  };
  replace({
    actions: mod.actions,
    cookie: mod.newCookie ?? rule.cookie,
    modified: transaction.now,
    conjunctions: conjunctionsOf(mod.actions),
  });
  if (mod.flags.resetCounts) Object.assign(rule.statistics, { packets: 0n, bytes: 0n });
  transaction.onRollBack(() => {
    replace(before);
    Object.assign(rule.statistics, counters);
  });
  transaction.ruleModified(rule, before.actions);
}

export function removeRule(store: FlowStore, rule: Rule, reason: RemovalReason, transaction: Transaction): void {
  withdrawRule(store, rule);
  transaction.onRollBack(() => insertRule(store, rule));
  transaction.ruleRemoved(rule, reason);
}

function insertRule(store: FlowStore, rule: Rule): void {
  store.table(rule.table).insert(rule);
  if (rule.idleTimeout || rule.hardTimeout) store.expiring.add(rule);
}

function withdrawRule(store: FlowStore, rule: Rule): void {
  store.table(rule.table).remove(rule);
  store.expiring.delete(rule);
}

/** The rules that a modify or delete is about. */
function* selectedRules(store: FlowStore, mod: FlowMod): Generator<Rule> {
  const strict = mod.command.endsWith("_strict");
  const tables = mod.table === ALL_TABLES ? [...store.usedTables()] : [store.table(mod.table)];
  for (const table of tables) {
    const found = strict ? table.exactly(mod.match, mod.priority) : undefined;
    for (const rule of strict ? (found ? [found] : []) : table.coveredBy(mod.match)) {
      if (rule.flags.hidden && !(strict && sameMatch(rule.match, mod.match))) continue;
      if ((rule.cookie ^ mod.cookie) & mod.cookieMask) continue;
      if (mod.outPort !== undefined && !outputsTo(rule.actions, mod.outPort)) continue;
      if (mod.outGroup !== undefined && !groupsIn(rule.actions).includes(mod.outGroup)) continue;
      yield rule;
    }
  }
}

function checkActions(store: FlowStore, actions: readonly Action[]): void {
  for (const id of groupsIn(actions)) {
    if (!store.hasGroup(id)) throw new ModificationError("OFPBAC_BAD_OUT_GROUP", `group ${id} does not exist`);
  }
  for (const id of metersIn(actions)) {
    if (!store.hasMeter(id)) throw new ModificationError("OFPMMFC_INVALID_METER", `meter ${id} does not exist`);
  }
}
