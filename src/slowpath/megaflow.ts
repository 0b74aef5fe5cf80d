/**
 * The megaflows that are installed, as the slow path knows them: key, mask, actions, and which rules and groups they came from.
 *
 * What: the mirror of the datapath's flow table on the main thread. It answers: is this megaflow there already (two packets of
 *   one flow may miss in the same batch), which megaflows must be looked at when a rule, a group or a port changes, and to
 *   whom does a megaflow's traffic count.
 * Invariants: a megaflow is in `MegaflowTable` exactly as long as its record is linked in the datapath.
 *   `key` is the whole key of the packet that made it; only bits under `mask` count for matching, the others feed re-translation.
 * Cost: one Map entry and one small object a megaflow; keys are cut to the extent of their mask and packet.
 */
import { KEY_IN_PORT, KEY_SIZE } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { ByteSlab } from "./byte-slab.ts";
import { type Origin, OriginTable } from "./origin.ts";
import type { Match, Rule } from "./tables/rule.ts";
import type { Effect, Translation } from "./translate/translation.ts";

const KEY_WORDS32 = KEY_SIZE / 4;
const IN_PORT_WORD = KEY_IN_PORT / 4;
const NOTHING: readonly Effect[] = [];

/** A mask shared by all megaflows that look at the same bits, with those megaflows by hash of their masked key. */
export interface MaskEntry {
  readonly hash: number;
  readonly bytes: Uint8Array;
  /** All of its 32-bit words. */
  readonly all: Uint32Array;
  /** Indices of the non-zero 32-bit words, and those words. */
  readonly words: Uint16Array;
  readonly bits: Uint32Array;
  readonly flows: Map<number, Megaflow>;
}

export interface Megaflow {
  readonly handle: MegaflowHandle;
  readonly mask: MaskEntry;
  /** KEY_SIZE bytes, cut after the last non-zero 8-byte word. */
  readonly key: Uint8Array;
  readonly hash: number;
  /** Next megaflow of the same mask with the same hash. */
  next: Megaflow | undefined;
  actions: readonly DatapathAction[];
  origin: Origin;
  /** What its packets teach (addresses, rules, shorter timeouts): as long as there are packets, it is learned again. */
  refreshed: readonly Effect[];
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly created: number;
  /** Already credited to rules, groups and ports. */
  credited: { packets: bigint; bytes: bigint };
}

export class MegaflowTable {
  readonly #masks = new Map<number, MaskEntry[]>();
  readonly #origins = new OriginTable();
  readonly #all = new Set<Megaflow>();
  readonly #keys = new ByteSlab();

  get size(): number {
    return this.#all.size;
  }

  has(flow: Megaflow): boolean {
    return this.#all.has(flow);
  }

  [Symbol.iterator](): IterableIterator<Megaflow> {
    return this.#all.values();
  }

  /** The shared entry of a mask of KEY_SIZE bytes. */
  mask(bytes: Uint8Array): MaskEntry {
    const words32 = words(bytes);
    let hash = 0;
    for (let i = 0; i < KEY_WORDS32; i++) hash = mix(hash, words32[i]);
    let entries = this.#masks.get(hash);
    if (entries === undefined) {
      entries = [];
      this.#masks.set(hash, entries);
    }
    let entry = entries.find((candidate) => sameWords(candidate.all, words32));
    if (entry === undefined) {
      entry = makeMask(hash, bytes);
      entries.push(entry);
    }
    return entry;
  }

  /** A mask that was asked for, and no megaflow came of it. */
  abandon(mask: MaskEntry): void {
    if (mask.flows.size === 0) this.#forgetMask(mask);
  }

  /** Masks with megaflows. */
  get maskCount(): number {
    let count = 0;
    for (const entries of this.#masks.values()) count += entries.length;
    return count;
  }

  /** Different ways through the pipeline that megaflows took. */
  get wayCount(): number {
    return this.#origins.size;
  }

  /** The megaflow of this mask that covers `key` (KEY_SIZE bytes), if it is installed. */
  find(mask: MaskEntry, key: Uint8Array): Megaflow | undefined {
    const hash = maskedHash(mask, wordsOfKey(key));
    for (let flow = mask.flows.get(hash); flow !== undefined; flow = flow.next) {
      if (covers(flow, key)) return flow;
    }
    return undefined;
  }

  /** @param actions what the datapath was given, which for slow megaflows is not what translation said. */
  add(
    handle: MegaflowHandle,
    mask: MaskEntry,
    key: Uint8Array,
    actions: readonly DatapathAction[],
    translation: Translation,
    now: number,
  ): Megaflow {
    const hash = maskedHash(mask, wordsOfKey(key));
    const flow: Megaflow = {
      handle,
      mask,
      key: this.#keys.keep(trimmed(key)),
      hash,
      next: mask.flows.get(hash),
      actions,
      origin: this.#origins.of(translation),
      refreshed: taught(translation),
      created: now,
      credited: { packets: 0n, bytes: 0n },
    };
    mask.flows.set(hash, flow);
    this.#all.add(flow);
    flow.origin.megaflows.add(flow);
    return flow;
  }

  /** Takes new actions and a new origin for a megaflow whose key and mask stay. */
  update(flow: Megaflow, actions: readonly DatapathAction[], translation: Translation): void {
    const origin = this.#origins.of(translation);
    if (origin !== flow.origin) {
      this.#leave(flow);
      origin.megaflows.add(flow);
      flow.origin = origin;
    }
    flow.actions = actions;
    flow.refreshed = taught(translation);
  }

  /** false: it was not there. */
  delete(flow: Megaflow): boolean {
    if (!this.#all.delete(flow)) return false;
    this.#leave(flow);
    const { flows } = flow.mask;
    const first = flows.get(flow.hash);
    if (first === flow) {
      if (flow.next === undefined) flows.delete(flow.hash);
      else flows.set(flow.hash, flow.next);
    } else {
      let previous = first;
      while (previous !== undefined && previous.next !== flow) previous = previous.next;
      if (previous !== undefined) previous.next = flow.next;
    }
    if (flows.size === 0) this.#forgetMask(flow.mask);
    return true;
  }

  /** Megaflows whose translation went through the rule. */
  *byRule(rule: Rule): Generator<Megaflow> {
    for (const { megaflows } of this.#origins.byRule(rule)) yield* megaflows;
  }

  *byGroup(group: number): Generator<Megaflow> {
    for (const { megaflows } of this.#origins.byGroup(group)) yield* megaflows;
  }

  *byMissedTable(table: number): Generator<Megaflow> {
    for (const { megaflows } of this.#origins.byMissedTable(table)) yield* megaflows;
  }

  rulesHit(table: number): ReadonlySet<Rule> {
    return this.#origins.rulesHit(table);
  }

  *learning(): Generator<Megaflow> {
    for (const { megaflows } of this.#origins.learning()) yield* megaflows;
  }

  /** Those that another port may make a difference to. */
  *wantingPorts(): Generator<Megaflow> {
    for (const { megaflows } of this.#origins.wantingPorts()) yield* megaflows;
  }

  #leave(flow: Megaflow): void {
    const { megaflows } = flow.origin;
    megaflows.delete(flow);
    if (megaflows.size === 0) this.#origins.forget(flow.origin);
  }

  #forgetMask(mask: MaskEntry): void {
    const entries = this.#masks.get(mask.hash);
    if (entries === undefined) return;
    const at = entries.indexOf(mask);
    if (at >= 0) entries.splice(at, 1);
    if (entries.length === 0) this.#masks.delete(mask.hash);
  }
}

/** Whether a packet with this key (KEY_SIZE bytes) is one of the megaflow's. */
export function covers(flow: Megaflow, key: Uint8Array): boolean {
  const own = words(flow.key);
  const other = wordsOfKey(key);
  const { words: indices, bits } = flow.mask;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i];
    const mine = at < own.length ? own[at] : 0;
    if (((mine ^ other[at]) & bits[i]) !== 0) return false;
  }
  return true;
}

/**
 * Whether some packet of the megaflow could be matched by `match` in a table on its way. `false` is certain: the match wants a
 * bit that the megaflow fixes otherwise and the pipeline never wrote. in_port is left out: the key's is the datapath's number.
 */
export function mayMatch(flow: Megaflow, match: Match): boolean {
  const key = words(flow.key);
  const want = words(match.value);
  const care = words(match.mask);
  const written = words(flow.origin.written);
  const { words: indices, bits } = flow.mask;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i];
    if (at === IN_PORT_WORD) continue;
    const mine = at < key.length ? key[at] : 0;
    if (((mine ^ want[at]) & care[at] & bits[i] & ~written[at]) !== 0) return false;
  }
  return true;
}

/** The megaflow's key at full length. */
export function fullKey(flow: Megaflow): Uint8Array {
  const key = new Uint8Array(KEY_SIZE);
  key.set(flow.key);
  return key;
}

function makeMask(hash: number, bytes: Uint8Array): MaskEntry {
  const copy = bytes.slice();
  const all = words(copy);
  const indices: number[] = [];
  for (let i = 0; i < KEY_WORDS32; i++) if (all[i] !== 0) indices.push(i);
  return {
    hash,
    bytes: copy,
    all,
    words: Uint16Array.from(indices),
    bits: Uint32Array.from(indices, (i) => all[i]),
    flows: new Map(),
  };
}

function maskedHash(mask: MaskEntry, key: Uint32Array): number {
  let hash = 0;
  const { words: indices, bits } = mask;
  for (let i = 0; i < indices.length; i++) hash = mix(hash, key[indices[i]] & bits[i]);
  return hash;
}

function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return (h ^ (h >>> 15)) | 0;
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

let lastKey: Uint8Array | undefined;
let lastWords: Uint32Array;

/** The same for the key of an upcall, which is looked at several times: a view costs more than what is done with it. */
function wordsOfKey(key: Uint8Array): Uint32Array {
  if (key !== lastKey) {
    lastWords = words(key);
    lastKey = key;
  }
  return lastWords;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < KEY_WORDS32; i++) if (a[i] !== b[i]) return false;
  return true;
}

function trimmed(key: Uint8Array): Uint8Array {
  const all = words(key);
  let end = KEY_WORDS32;
  while (end > 0 && all[end - 1] === 0) end--;
  return key.subarray(0, (end + (end & 1)) * 4);
}

/** Effects that repeat with every packet of a megaflow, whether or not the slow path sees it. */
export function taught(translation: Translation): readonly Effect[] {
  const lasting = translation.effects.filter(({ type }) => type !== "packet_in");
  return lasting.length === 0 ? NOTHING : lasting;
}
