/**
 * What: the rules of one OpenFlow table, looked up by tuple space search: one subtable per mask, those with the highest
 *   priorities first, until no subtable left can beat what was found.
 * Invariants: among rules of equal priority that match the same packet any may win (OpenFlow says so), but always the same one
 *   for the same tables. The wildcards hold all that decided.
 * Cost: no allocation in `lookup`, unless conjunctions are in play. ~20 ns a subtable that misses in its first stage.
 */

import { wordsOf } from "../flow/flow.ts";
import { FLOW_WORDS } from "../flow/flow-layout.ts";
import { covers, overlaps } from "../flow/match.ts";
import { type Candidate, resolveConjunctions } from "./conjunctions.ts";
import { PrefixTrie } from "./prefix-trie.ts";
import type { Match, Rule } from "./rule.ts";
import { prefixFields } from "./stages.ts";
import { Subtable } from "./subtable.ts";

function hashOfMask(mask: Uint32Array): number {
  let hash = 0;
  for (let i = 0; i < FLOW_WORDS; i++) hash = Math.imul(((hash << 13) | (hash >>> 19)) ^ mask[i], 0x9e3779b1);
  return hash;
}

export class Classifier {
  readonly #byMask = new Map<number, Subtable[]>();
  #sorted: Subtable[] = [];
  readonly #tries = prefixFields.map(({ offset, bytes }) => new PrefixTrie(offset, bytes));
  readonly #candidates: Candidate[] = [];
  #conjunctive = 0;
  size = 0;

  /** The caller has made sure that there is no rule with the same match and priority, and changes the match no more. */
  insert(rule: Rule): void {
    const words = wordsOf(rule.match.mask);
    let subtable = this.#subtableOf(words);
    if (!subtable) {
      subtable = new Subtable(rule.match.mask, this.#tries);
      const hash = hashOfMask(words);
      this.#byMask.set(hash, [...(this.#byMask.get(hash) ?? []), subtable]);
      this.#sorted.push(subtable);
    }
    const before = subtable.maxPriority;
    subtable.insert(rule);
    if (subtable.maxPriority !== before) this.#sort();
    if (rule.conjunctions) this.#conjunctive++;
    this.size++;
  }

  remove(rule: Rule): void {
    const subtable = this.#subtableOf(wordsOf(rule.match.mask))!;
    const before = subtable.maxPriority;
    subtable.remove(rule);
    if (subtable.size === 0) {
      const hash = hashOfMask(subtable.mask);
      const rest = this.#byMask.get(hash)!.filter((other) => other !== subtable);
      if (rest.length > 0) this.#byMask.set(hash, rest);
      else this.#byMask.delete(hash);
      this.#drop(subtable);
    } else if (subtable.maxPriority !== before) {
      this.#sort();
    }
    if (rule.conjunctions) this.#conjunctive--;
    this.size--;
  }

  /** The match with a mask that rules of the same mask share: half of what a rule costs. Both parts are the caller's to keep. */
  ownMatch(match: Match): Match {
    const shared = this.#subtableOf(wordsOf(match.mask))?.maskBytes;
    return { value: match.value.slice(), mask: shared ?? match.mask.slice() };
  }

  /** To be called when `rule.conjunctions` changes in place. */
  conjunctionsChanged(before: boolean, after: boolean): void {
    this.#conjunctive += Number(after) - Number(before);
  }

  exactly(match: Match, priority: number): Rule | undefined {
    return this.#subtableOf(wordsOf(match.mask))?.exactly(match, priority);
  }

  /** Rules that match no packet which `criteria` does not. */
  *coveredBy(criteria: Match): Generator<Rule> {
    const words = wordsOf(criteria.mask);
    for (const subtable of [...this.#sorted]) {
      let wider = true;
      for (let i = 0; wider && i < FLOW_WORDS; i++) wider = (words[i] & ~subtable.mask[i]) === 0;
      if (!wider) continue;
      for (const rule of [...subtable.rules()]) if (covers(criteria, rule.match)) yield rule;
    }
  }

  /** Whether a rule of that priority shares a packet with the match. */
  hasOverlap(match: Match, priority: number): boolean {
    for (const rule of this.rules()) if (rule.priority === priority && overlaps(rule.match, match)) return true;
    return false;
  }

  *rules(): Generator<Rule> {
    for (const subtable of this.#sorted) yield* subtable.rules();
  }

  lookup(flow: Uint8Array, wildcards: Uint8Array | null): Rule | undefined {
    const words = wordsOf(flow);
    const looked = wildcards === null ? null : wordsOf(wildcards);
    for (let i = 0; i < this.#tries.length; i++) this.#tries[i].forget();
    return this.#conjunctive > 0
      ? this.#lookupConjunctive(flow, words, wildcards, looked)
      : this.#lookupHard(flow, words, wildcards, looked, false);
  }

  /** `skipSoft`: rules that are only part of a conjunction do not count. */
  #lookupHard(
    flow: Uint8Array,
    words: Uint32Array,
    wildcards: Uint8Array | null,
    looked: Uint32Array | null,
    skipSoft: boolean,
  ): Rule | undefined {
    const sorted = this.#sorted;
    let best: Rule | undefined;
    let priority = -1;
    for (let i = 0; i < sorted.length; i++) {
      const subtable = sorted[i];
      if (subtable.maxPriority <= priority) break;
      const entry = subtable.find(flow, words, wildcards, looked);
      if (entry === undefined) continue;
      const rule = skipSoft && entry.head.conjunctions ? entry.rules.find((r) => !r.conjunctions) : entry.head;
      if (rule !== undefined && rule.priority > priority) {
        best = rule;
        priority = rule.priority;
      }
    }
    return best;
  }

  #lookupConjunctive(
    flow: Uint8Array,
    words: Uint32Array,
    wildcards: Uint8Array | null,
    looked: Uint32Array | null,
  ): Rule | undefined {
    const soft = this.#candidates;
    soft.length = 0;
    let hard: Rule | undefined;
    for (const subtable of this.#sorted) {
      if (hard && subtable.maxPriority <= hard.priority) break;
      const entry = subtable.find(flow, words, wildcards, looked);
      if (entry === undefined) continue;
      if (entry.head.conjunctions) soft.push({ entry, at: 0 });
      else if (!hard || entry.head.priority > hard.priority) hard = entry.head;
    }
    if (soft.length === 0) return hard;
    return resolveConjunctions(flow, soft, hard, () => {
      for (const trie of this.#tries) trie.forget();
      return this.#lookupHard(flow, words, wildcards, looked, true);
    });
  }

  #subtableOf(mask: Uint32Array): Subtable | undefined {
    return this.#byMask.get(hashOfMask(mask))?.find((candidate) => {
      for (let i = 0; i < FLOW_WORDS; i++) if (candidate.mask[i] !== mask[i]) return false;
      return true;
    });
  }

  /** The last one takes its place, before the rest is put in order: among equals, the order of OVS. */
  #drop(subtable: Subtable): void {
    const sorted = [...this.#sorted];
    const last = sorted.pop()!;
    if (last !== subtable) sorted[sorted.indexOf(subtable)] = last;
    this.#sorted = sorted;
    this.#sort();
  }

  #sort(): void {
    this.#sorted.sort((a, b) => b.maxPriority - a.maxPriority);
  }
}
