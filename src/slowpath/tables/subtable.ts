/**
 * What: all rules of a table that have the same mask. A look-up masks the flow once and finds the rule by hash.
 * Invariants: whatever made a look-up answer as it did is set in the wildcards; any flow that agrees with the first one there
 *   gets the same answer.
 * Cost: no allocation in `find`. It goes stage by stage (stages.ts): a hash of the first stages that no rule has ends the search
 *   without looking at later ones.
 */
import { KEY_ETH_TYPE, KEY_TP_SRC } from "../../../assembly/layout/key.ts";
import { prefixLength } from "../flow/address-text.ts";
import { unwildcardBits, wordsOf } from "../flow/flow.ts";
import { FLOW_WORDS } from "../flow/flow-layout.ts";
import { PrefixTrie } from "./prefix-trie.ts";
import type { Match, Rule } from "./rule.ts";
import { prefixFields, STAGE_L3, STAGES, stageMasks } from "./stages.ts";

const isIpv4 = (flow: Uint8Array): boolean => flow[KEY_ETH_TYPE] === 0x08 && flow[KEY_ETH_TYPE + 1] === 0x00;
/** The word that both ports are. */
const PORTS_WORD = KEY_TP_SRC / 4;

/** Rules with the same match, by falling priority. */
export interface Entry {
  readonly values: Uint32Array;
  readonly hash: number;
  head: Rule;
  readonly rules: Rule[];
  /** Where it stands in the subtable's list. */
  position: number;
  /** Another entry with the same hash. */
  next: Entry | undefined;
}

interface SubtablePrefix {
  readonly trie: PrefixTrie;
  readonly offset: number;
  readonly length: number;
}

const mix = (hash: number, word: number): number => Math.imul(((hash << 13) | (hash >>> 19)) ^ word, 0x9e3779b1);
/** 30 bits, so that V8 keeps it unboxed as a map's key. */
const finish = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) & 0x3fff_ffff;
};

const swap = (word: number): number => (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
/** The word as the number its bytes are in network order. */
const toNetworkNumber = littleEndian ? swap : (word: number): number => word;

export class Subtable {
  readonly mask: Uint32Array;
  /** The same as bytes: rules share them. */
  readonly maskBytes: Uint8Array;
  /** Word numbers and mask bits, stage after stage; a word whose bytes belong to two stages is there twice. */
  readonly #index: Uint16Array;
  readonly #bits: Uint32Array;
  readonly #stageEnd = new Int32Array(STAGES);
  readonly #lastStage: number;
  /** How many entries have each hash of the stages so far. */
  readonly #partial: (Map<number, number> | undefined)[] = [];
  readonly #prefixes: SubtablePrefix[] = [];
  /** Where the mask has ports: they are one field of `#portsLength` bits, in which a miss needs the telling bits only. */
  readonly #ports: PrefixTrie | undefined;
  readonly #portsLength: number = 0;
  readonly #entries = new Map<number, Entry>();
  readonly #list: Entry[] = [];
  readonly #priorities = new Map<number, number>();
  maxPriority = -1;
  /** Rules. */
  size = 0;

  /** `tries` belong to the table, one for each of `prefixFields`. */
  constructor(mask: Uint8Array, tries: readonly PrefixTrie[]) {
    this.maskBytes = mask;
    this.mask = wordsOf(mask);
    const index: number[] = [];
    const bits: number[] = [];
    let lastStage = 0;
    for (let stage = 0; stage < STAGES; stage++) {
      for (let i = 0; i < FLOW_WORDS; i++) {
        const part = (this.mask[i] & stageMasks[stage][i]) >>> 0;
        if (part === 0) continue;
        index.push(i);
        bits.push(part);
        lastStage = stage;
      }
      this.#stageEnd[stage] = index.length;
    }
    this.#index = Uint16Array.from(index);
    this.#bits = Uint32Array.from(bits);
    this.#lastStage = lastStage;
    for (let stage = 0; stage < lastStage; stage++) {
      const begins = stage === 0 ? 0 : this.#stageEnd[stage - 1];
      this.#partial.push(this.#stageEnd[stage] > begins ? new Map() : undefined);
    }
    prefixFields.forEach(({ offset, bytes }, i) => {
      const length = prefixLength(mask.subarray(offset, offset + bytes));
      if (length > 0) this.#prefixes.push({ trie: tries[i], offset, length });
    });
    const ports = toNetworkNumber(this.mask[PORTS_WORD]);
    if (ports !== 0) {
      this.#ports = new PrefixTrie(KEY_TP_SRC, 4, ports);
      this.#portsLength = Math.clz32(ports & -ports) + 1;
    }
  }

  insert(rule: Rule): void {
    const entry = this.#entryOf(rule.match) ?? this.#addEntry(rule);
    const { rules } = entry;
    let at = rules.length;
    while (at > 0 && rules[at - 1].priority < rule.priority) at--;
    rules.splice(at, 0, rule);
    entry.head = rules[0];
    this.size++;
    this.#priorities.set(rule.priority, (this.#priorities.get(rule.priority) ?? 0) + 1);
    if (rule.priority > this.maxPriority) this.maxPriority = rule.priority;
  }

  remove(rule: Rule): void {
    const entry = this.#entryOf(rule.match)!;
    entry.rules.splice(entry.rules.indexOf(rule), 1);
    if (entry.rules.length === 0) this.#dropEntry(entry, rule.match.value);
    else entry.head = entry.rules[0];
    this.size--;
    const left = this.#priorities.get(rule.priority)! - 1;
    if (left > 0) {
      this.#priorities.set(rule.priority, left);
      return;
    }
    this.#priorities.delete(rule.priority);
    if (rule.priority === this.maxPriority) {
      this.maxPriority = -1;
      for (const priority of this.#priorities.keys()) if (priority > this.maxPriority) this.maxPriority = priority;
    }
  }

  /** The rule with exactly this match (whose mask is this subtable's) and priority. */
  exactly(match: Match, priority: number): Rule | undefined {
    return this.#entryOf(match)?.rules.find((rule) => rule.priority === priority);
  }

  *rules(): Generator<Rule> {
    for (const entry of this.#list) yield* entry.rules;
  }

  /** Rules with this flow's bits, or undefined; marks in the wildcards what was looked at. */
  find(
    flow: Uint8Array,
    words: Uint32Array,
    wildcards: Uint8Array | null,
    looked: Uint32Array | null,
  ): Entry | undefined {
    if (wildcards === null || looked === null) return this.#probe(words);
    return this.#staged(flow, words, wildcards, looked);
  }

  #probe(words: Uint32Array): Entry | undefined {
    let hash = 0;
    for (let k = 0; k < this.#index.length; k++) hash = mix(hash, words[this.#index[k]] & this.#bits[k]);
    return this.#equal(finish(hash), words);
  }

  #equal(hash: number, words: Uint32Array): Entry | undefined {
    const index = this.#index;
    const bits = this.#bits;
    let entry = this.#entries.get(hash);
    for (; entry; entry = entry.next) {
      const { values } = entry;
      let k = 0;
      while (k < index.length && ((words[index[k]] & bits[k]) ^ values[k]) === 0) k++;
      if (k === index.length) return entry;
    }
    return undefined;
  }

  #staged(flow: Uint8Array, words: Uint32Array, wildcards: Uint8Array, looked: Uint32Array): Entry | undefined {
    const index = this.#index;
    const bits = this.#bits;
    let hash = 0;
    let k = 0;
    for (let stage = 0; stage <= this.#lastStage; stage++) {
      const end = this.#stageEnd[stage];
      if (stage === STAGE_L3 && this.#excludedByPrefix(flow, wildcards, looked)) {
        this.#fold(looked, k);
        return undefined;
      }
      for (; k < end; k++) hash = mix(hash, words[index[k]] & bits[k]);
      if (stage === this.#lastStage) break;
      const partial = this.#partial[stage];
      if (partial !== undefined && !partial.has(finish(hash))) {
        this.#fold(looked, end);
        return undefined;
      }
    }
    const entry = this.#equal(finish(hash), words);
    if (entry === undefined && this.#ports !== undefined) this.#foldButPorts(flow, looked, this.#ports);
    else this.#fold(looked, k);
    return entry;
  }

  /**
   * A prefix that no rule of the table has is reason enough for a miss. Its deciding bits are marked, unless they are more than
   * the prefix itself: the trie also holds the longer ones of other subtables.
   */
  #excludedByPrefix(flow: Uint8Array, wildcards: Uint8Array, looked: Uint32Array): boolean {
    if (this.#prefixes.length === 0 || !isIpv4(flow)) return false;
    for (const { trie, offset, length } of this.#prefixes) {
      if (trie.matches(flow, length)) continue;
      const read = trie.bitsRead();
      if (read > length && Math.clz32(~toNetworkNumber(looked[offset / 4])) < read) continue;
      unwildcardBits(wildcards, offset, read);
      return true;
    }
    return false;
  }

  /** All bits but those of the ports that did not decide that no rule has them. */
  #foldButPorts(flow: Uint8Array, looked: Uint32Array, ports: PrefixTrie): void {
    ports.forget();
    ports.matches(flow, this.#portsLength);
    const read = ports.bitsRead();
    const deciding = read === 0 ? 0 : (0xffff_ffff << (32 - read)) & toNetworkNumber(this.mask[PORTS_WORD]);
    const before = looked[PORTS_WORD];
    this.#fold(looked, this.#index.length);
    looked[PORTS_WORD] = before | toNetworkNumber(deciding);
  }

  #fold(looked: Uint32Array, end: number): void {
    for (let k = 0; k < end; k++) looked[this.#index[k]] |= this.#bits[k];
  }

  #valuesOf(match: Match): Uint32Array {
    const words = wordsOf(match.value);
    return Uint32Array.from(this.#index, (word, k) => words[word] & this.#bits[k]);
  }

  #entryOf(match: Match): Entry | undefined {
    return this.#probe(wordsOf(match.value));
  }

  #addEntry(rule: Rule): Entry {
    const values = this.#valuesOf(rule.match);
    const hash = this.#count(values, 1);
    const next = this.#entries.get(hash);
    const entry: Entry = { values, hash, head: rule, rules: [], position: this.#list.length, next };
    this.#entries.set(hash, entry);
    this.#list.push(entry);
    for (const { trie, length } of this.#prefixes) trie.insert(rule.match.value, length);
    this.#ports?.insert(rule.match.value, this.#portsLength);
    return entry;
  }

  #dropEntry(entry: Entry, value: Uint8Array): void {
    this.#count(entry.values, -1);
    let previous: Entry | undefined;
    for (let e = this.#entries.get(entry.hash); e !== entry; e = e!.next) previous = e;
    if (previous) previous.next = entry.next;
    else if (entry.next) this.#entries.set(entry.hash, entry.next);
    else this.#entries.delete(entry.hash);
    const last = this.#list.pop()!;
    if (last !== entry) {
      last.position = entry.position;
      this.#list[entry.position] = last;
    }
    for (const { trie, length } of this.#prefixes) trie.remove(value, length);
    this.#ports?.remove(value, this.#portsLength);
  }

  /** Counts the entry's hash of every stage and returns that of all. */
  #count(values: Uint32Array, by: 1 | -1): number {
    let hash = 0;
    let k = 0;
    for (let stage = 0; stage <= this.#lastStage; stage++) {
      for (; k < this.#stageEnd[stage]; k++) hash = mix(hash, values[k]);
      const partial = stage === this.#lastStage ? undefined : this.#partial[stage];
      if (!partial) continue;
      const key = finish(hash);
      const count = (partial.get(key) ?? 0) + by;
      if (count > 0) partial.set(key, count);
      else partial.delete(key);
    }
    return finish(hash);
  }
}
