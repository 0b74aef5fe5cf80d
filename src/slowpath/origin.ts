/**
 * Where megaflows come from: the rules, groups and tables their translation went through.
 *
 * What: thousands of megaflows share the same way through the pipeline, so a way is kept once, with the megaflows that took it.
 *   Indexes by rule, group and table point at ways.
 * Cost: finding a known way is one Map look-up and a comparison of its rule list; only a new one (OVN: some sixty rules) is
 *   entered in the indexes.
 */
import { wordsOf } from "./flow/flow.ts";
import type { LookupCounter } from "./tables/lookup-counters.ts";
import type { Bucket, Rule } from "./tables/rule.ts";
import type { Effect, Translation } from "./translate/translation.ts";

export interface Origin {
  /** Statistics flow to them, and a change of them means a new translation. */
  readonly rules: readonly Rule[];
  readonly groups: readonly number[];
  /** Buckets whose traffic the fast path does not count itself. */
  readonly buckets: readonly Bucket[];
  /** Tables looked at without finding a rule. */
  readonly missedTables: readonly number[];
  readonly lookups: readonly LookupCounter[];
  readonly usesMacLearning: boolean;
  readonly wantsPorts: boolean;
  readonly recirculationIds: readonly number[];
  /** FLOW_SIZE bytes: bits of the flow that the pipeline wrote, so that a later table may have seen other values than the key's. */
  readonly written: Uint8Array;
  /** Something a megaflow cannot express: every packet is translated. */
  readonly slow: boolean;
  /** The place of the megaflow that took it last, 0 = none: the head of their list (MegaflowColumns). */
  newest: number;
  /** What the packets of that one teach: others' mostly teach the same, and then share the list. */
  taught: readonly Effect[];
}

const NO_ORIGINS: ReadonlySet<Origin> = new Set();
const NO_RULES: ReadonlySet<Rule> = new Set();

export class OriginTable {
  readonly #byLastRule = new Map<Rule | undefined, Origin[]>();
  readonly #byRule = new Map<Rule, Set<Origin>>();
  readonly #byGroup = new Map<number, Set<Origin>>();
  readonly #byMissedTable = new Map<number, Set<Origin>>();
  readonly #rulesHit = new Map<number, Set<Rule>>();
  readonly #learning = new Set<Origin>();
  readonly #wantingPorts = new Set<Origin>();

  get size(): number {
    let count = 0;
    for (const origins of this.#byLastRule.values()) count += Math.max(1, origins.length);
    return count;
  }

  /** The way that a translation took; it stays in the table until it is forgotten. */
  of(translation: Translation): Origin {
    const last = translation.rules.at(-1);
    let candidates = this.#byLastRule.get(last);
    if (candidates === undefined) {
      candidates = [];
      this.#byLastRule.set(last, candidates);
    }
    for (const candidate of candidates) if (sameWay(candidate, translation)) return candidate;
    const origin = makeOrigin(translation);
    candidates.push(origin);
    this.#index(origin);
    return origin;
  }

  /** To be called when the last megaflow has left. */
  forget(origin: Origin): void {
    const last = origin.rules.at(-1);
    const rest = this.#byLastRule.get(last)!.filter((other) => other !== origin);
    if (rest.length > 0) this.#byLastRule.set(last, rest);
    else this.#byLastRule.delete(last);
    this.#unindex(origin);
  }

  byRule(rule: Rule): ReadonlySet<Origin> {
    return this.#byRule.get(rule) ?? NO_ORIGINS;
  }

  byGroup(group: number): ReadonlySet<Origin> {
    return this.#byGroup.get(group) ?? NO_ORIGINS;
  }

  byMissedTable(table: number): ReadonlySet<Origin> {
    return this.#byMissedTable.get(table) ?? NO_ORIGINS;
  }

  /** Rules of a table (by its number, in whatever bridge) that some megaflow went through. */
  rulesHit(table: number): ReadonlySet<Rule> {
    return this.#rulesHit.get(table) ?? NO_RULES;
  }

  learning(): ReadonlySet<Origin> {
    return this.#learning;
  }

  wantingPorts(): ReadonlySet<Origin> {
    return this.#wantingPorts;
  }

  #index(origin: Origin): void {
    for (const rule of origin.rules) {
      include(this.#byRule, rule, origin);
      include(this.#rulesHit, rule.table, rule);
    }
    for (const group of origin.groups) include(this.#byGroup, group, origin);
    for (const table of origin.missedTables) include(this.#byMissedTable, table, origin);
    if (origin.usesMacLearning) this.#learning.add(origin);
    if (origin.wantsPorts) this.#wantingPorts.add(origin);
  }

  #unindex(origin: Origin): void {
    for (const rule of origin.rules) {
      exclude(this.#byRule, rule, origin);
      if (!this.#byRule.has(rule)) exclude(this.#rulesHit, rule.table, rule);
    }
    for (const group of origin.groups) exclude(this.#byGroup, group, origin);
    for (const table of origin.missedTables) exclude(this.#byMissedTable, table, origin);
    this.#learning.delete(origin);
    this.#wantingPorts.delete(origin);
  }
}

function makeOrigin(translation: Translation): Origin {
  const {
    rules,
    groups,
    buckets,
    missedTables,
    lookups,
    usesMacLearning,
    wantsPorts,
    recirculationIds,
    written,
    slow,
  } = translation;
  return {
    rules: rules.slice(),
    groups: groups.slice(),
    buckets: buckets.slice(),
    missedTables: missedTables.slice(),
    lookups: lookups.slice(),
    usesMacLearning,
    wantsPorts,
    recirculationIds: recirculationIds.slice(),
    written: written.slice(),
    slow: slow !== "",
    newest: 0,
    taught: [],
  };
}

function sameWay(origin: Origin, translation: Translation): boolean {
  return (
    sameItems(origin.rules, translation.rules) &&
    sameItems(origin.recirculationIds, translation.recirculationIds) &&
    sameItems(origin.groups, translation.groups) &&
    sameItems(origin.buckets, translation.buckets) &&
    sameItems(origin.missedTables, translation.missedTables) &&
    sameItems(origin.lookups, translation.lookups) &&
    origin.usesMacLearning === translation.usesMacLearning &&
    origin.wantsPorts === translation.wantsPorts &&
    origin.slow === (translation.slow !== "") &&
    sameWords(wordsOf(origin.written), wordsOf(translation.written))
  );
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function include<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const set = index.get(key);
  if (set === undefined) index.set(key, new Set([value]));
  else set.add(value);
}

function exclude<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const set = index.get(key);
  if (set === undefined) return;
  set.delete(value);
  if (set.size === 0) index.delete(key);
}
