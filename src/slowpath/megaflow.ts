/**
 * The megaflows that are installed, as the slow path knows them: key, mask, actions, and which rules and groups they came from.
 *
 * What: the mirror of the datapath's flow table on the main thread. It answers: is this megaflow there already (two packets of
 *   one flow may miss in the same batch), which megaflows must be looked at when a rule, a group or a port changes, and to
 *   whom does a megaflow's traffic count.
 * Invariants: a megaflow is in `MegaflowTable` exactly as long as its record is linked in the datapath.
 *   `key` is the whole key of the packet that made it; only bits under `mask` count for matching, the others feed re-translation.
 * Cost: no object stays for a megaflow: it is a place in columns (megaflow-columns.ts), its key one in pages (key-store.ts). A
 *   `Megaflow` is made when somebody asks for one, and two of the same megaflow are equal by their `id`.
 */
import { KEY_IN_PORT, KEY_SIZE } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { WordView } from "../fastpath/word-view.ts";
import { KeyStore } from "./key-store.ts";
import { MegaflowColumns } from "./megaflow-columns.ts";
import { type MaskEntry, MegaflowMasks, maskedHash } from "./megaflow-mask.ts";
import { type Origin, OriginTable } from "./origin.ts";
import type { Match, Rule } from "./tables/rule.ts";
import type { Effect, Translation } from "./translate/translation.ts";

const IN_PORT_WORD = KEY_IN_PORT / 4;
const NOTHING: readonly Effect[] = [];
/** No place. */
const NONE = 0;

/** A megaflow of a table, for as long as it is there. */
export class Megaflow implements MegaflowHandle {
  /** Of its record in the datapath: no other megaflow has had it. */
  readonly id: number;
  readonly place: number;
  readonly #columns: MegaflowColumns;
  readonly #masks: MegaflowMasks;
  readonly #keys: KeyStore;

  constructor(place: number, columns: MegaflowColumns, masks: MegaflowMasks, keys: KeyStore) {
    this.place = place;
    this.id = columns.id[place];
    this.#columns = columns;
    this.#masks = masks;
    this.#keys = keys;
  }

  get address(): number {
    return this.#columns.address[this.place];
  }

  get mask(): MaskEntry {
    return this.#masks.at(this.#columns.mask[this.place]);
  }

  /** KEY_SIZE bytes, cut after the last non-zero 8-byte word. */
  get key(): Uint8Array {
    return this.#keys.at(this.#columns.key[this.place]);
  }

  get actions(): readonly DatapathAction[] {
    return this.#columns.actions[this.place];
  }

  get origin(): Origin {
    return this.#columns.origin[this.place];
  }

  get refreshed(): readonly Effect[] {
    return this.#columns.refreshed[this.place];
  }

  /** Of the key under the mask. */
  get hash(): number {
    return this.#columns.hash[this.place];
  }
}

export class MegaflowTable {
  readonly columns = new MegaflowColumns();
  readonly #masks = new MegaflowMasks();
  readonly #origins = new OriginTable();
  readonly #keys = new KeyStore();
  readonly #keyWords = new WordView();
  /** First place by hash: a power of two, as many as places. */
  #buckets = new Uint32Array(this.columns.capacity);
  #size = 0;
  #oldest = NONE;
  #newest = NONE;

  get size(): number {
    return this.#size;
  }

  has({ id, place }: Megaflow): boolean {
    return this.columns.id[place] === id;
  }

  /** The megaflow there; undefined when it is gone. */
  at(place: number): Megaflow | undefined {
    return this.columns.id[place] === 0 ? undefined : this.#megaflow(place);
  }

  /** Those that are there now, in the order of their making; those that go meanwhile are left out. */
  *[Symbol.iterator](): Generator<Megaflow> {
    const { columns } = this;
    const places = this.places();
    const ids = places.map((place) => columns.id[place]);
    for (let i = 0; i < places.length; i++) {
      if (columns.id[places[i]] === ids[i]) yield this.#megaflow(places[i]);
    }
  }

  /** Their places. */
  places(): Uint32Array {
    const places = new Uint32Array(this.#size);
    let place = this.#oldest;
    for (let i = 0; i < places.length; i++) {
      places[i] = place;
      place = this.columns.next[place];
    }
    return places;
  }

  /** The shared entry of a mask of KEY_SIZE bytes. */
  mask(bytes: Uint8Array): MaskEntry {
    return this.#masks.of(bytes);
  }

  /** A mask that was asked for, and no megaflow came of it. */
  abandon(mask: MaskEntry): void {
    if (mask.flows === 0) this.#masks.forget(mask);
  }

  /** Masks with megaflows. */
  get maskCount(): number {
    return this.#masks.size;
  }

  /** Different ways through the pipeline that megaflows took. */
  get wayCount(): number {
    return this.#origins.size;
  }

  /** The megaflow of this mask that covers `key` (KEY_SIZE bytes), if it is installed. */
  find(mask: MaskEntry, key: Uint8Array): Megaflow | undefined {
    const words = this.#keyWords.of(key);
    const hash = maskedHash(mask, words);
    const { columns } = this;
    for (let place = this.#buckets[this.#bucketOf(hash, mask)]; place !== NONE; place = columns.nextOfHash[place]) {
      if (columns.hash[place] !== hash || columns.mask[place] !== mask.index) continue;
      if (this.#keys.agrees(columns.key[place], words, mask.words, mask.bits)) return this.#megaflow(place);
    }
    return undefined;
  }

  add(handle: MegaflowHandle, mask: MaskEntry, key: Uint8Array, translation: Translation, now: number): Megaflow {
    const { columns } = this;
    const words = this.#keyWords.of(key);
    const place = columns.take();
    if (columns.capacity > this.#buckets.length) this.#rehash();
    columns.id[place] = handle.id;
    columns.address[place] = handle.address;
    columns.mask[place] = mask.index;
    columns.hash[place] = maskedHash(mask, words);
    columns.key[place] = this.#keys.keep(words);
    columns.created[place] = now;
    columns.creditedPackets[place] = 0;
    columns.creditedBytes[place] = 0;
    columns.actions[place] = handle.actions;
    this.#link(place);
    this.#enlist(place);
    mask.flows++;
    this.#enter(place, translation);
    return this.#megaflow(place);
  }

  /** Takes new actions and a new origin for a megaflow whose key and mask stay. */
  update({ place }: Megaflow, actions: readonly DatapathAction[], translation: Translation): void {
    const before = this.columns.origin[place];
    if (this.#origins.of(translation) !== before) {
      this.#leave(place);
      this.#enter(place, translation);
    } else {
      this.columns.refreshed[place] = taughtIn(before, translation);
    }
    this.columns.actions[place] = actions;
  }

  /** false: it was not there. */
  delete(flow: Megaflow): boolean {
    if (!this.has(flow)) return false;
    const { columns } = this;
    const { place, mask } = flow;
    this.#leave(place);
    this.#unlink(place, mask);
    this.#delist(place);
    this.#keys.drop(columns.key[place]);
    columns.give(place);
    if (--mask.flows === 0) this.#masks.forget(mask);
    return true;
  }

  /** Megaflows whose translation went through the rule. */
  byRule(rule: Rule): Generator<Megaflow> {
    return this.#of(this.#origins.byRule(rule));
  }

  byGroup(group: number): Generator<Megaflow> {
    return this.#of(this.#origins.byGroup(group));
  }

  byMissedTable(table: number): Generator<Megaflow> {
    return this.#of(this.#origins.byMissedTable(table));
  }

  rulesHit(table: number): ReadonlySet<Rule> {
    return this.#origins.rulesHit(table);
  }

  learning(): Generator<Megaflow> {
    return this.#of(this.#origins.learning());
  }

  /** Those that another port may make a difference to. */
  wantingPorts(): Generator<Megaflow> {
    return this.#of(this.#origins.wantingPorts());
  }

  /** To be used up before megaflows come or go. */
  *#of(origins: Iterable<Origin>): Generator<Megaflow> {
    for (const { newest } of origins) {
      for (let place = newest; place !== NONE; place = this.columns.nextOfOrigin[place]) yield this.#megaflow(place);
    }
  }

  #megaflow(place: number): Megaflow {
    return new Megaflow(place, this.columns, this.#masks, this.#keys);
  }

  // ------------------------------------------------------------------------------------------------------- by masked key

  #bucketOf(hash: number, mask: MaskEntry): number {
    return (hash ^ mask.hash) & (this.#buckets.length - 1);
  }

  #link(place: number): void {
    const { columns } = this;
    const bucket = this.#bucketOf(columns.hash[place], this.#masks.at(columns.mask[place]));
    columns.nextOfHash[place] = this.#buckets[bucket];
    this.#buckets[bucket] = place;
  }

  #unlink(place: number, mask: MaskEntry): void {
    const { nextOfHash, hash } = this.columns;
    const bucket = this.#bucketOf(hash[place], mask);
    if (this.#buckets[bucket] === place) {
      this.#buckets[bucket] = nextOfHash[place];
      return;
    }
    let before = this.#buckets[bucket];
    while (nextOfHash[before] !== place) before = nextOfHash[before];
    nextOfHash[before] = nextOfHash[place];
  }

  #rehash(): void {
    this.#buckets = new Uint32Array(this.columns.capacity);
    for (let place = this.#oldest; place !== NONE; place = this.columns.next[place]) this.#link(place);
  }

  // -------------------------------------------------------------------------------------------------- the list of them all

  #enlist(place: number): void {
    const { columns } = this;
    columns.previous[place] = this.#newest;
    columns.next[place] = NONE;
    if (this.#newest === NONE) this.#oldest = place;
    else columns.next[this.#newest] = place;
    this.#newest = place;
    this.#size++;
  }

  #delist(place: number): void {
    const { next, previous } = this.columns;
    if (previous[place] === NONE) this.#oldest = next[place];
    else next[previous[place]] = next[place];
    if (next[place] === NONE) this.#newest = previous[place];
    else previous[next[place]] = previous[place];
    this.#size--;
  }

  // -------------------------------------------------------------------------------------------------------------- origins

  #enter(place: number, translation: Translation): void {
    const { columns } = this;
    const origin = this.#origins.of(translation);
    columns.origin[place] = origin;
    columns.refreshed[place] = taughtIn(origin, translation);
    columns.nextOfOrigin[place] = origin.newest;
    columns.previousOfOrigin[place] = NONE;
    if (origin.newest !== NONE) columns.previousOfOrigin[origin.newest] = place;
    origin.newest = place;
  }

  #leave(place: number): void {
    const { nextOfOrigin, previousOfOrigin, origin: origins } = this.columns;
    const origin = origins[place];
    const next = nextOfOrigin[place];
    const previous = previousOfOrigin[place];
    if (previous === NONE) origin.newest = next;
    else nextOfOrigin[previous] = next;
    if (next !== NONE) previousOfOrigin[next] = previous;
    if (origin.newest === NONE) this.#origins.forget(origin);
  }
}

/** Whether a packet with this key (KEY_SIZE bytes) is one of the megaflow's. */
export function covers(flow: Megaflow, key: Uint8Array): boolean {
  const own = words(flow.key);
  const other = words(key);
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

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

/** Effects that repeat with every packet of a megaflow, whether or not the slow path sees it. */
export function taught(translation: Translation): readonly Effect[] {
  const { effects } = translation;
  if (effects.length === 0) return NOTHING;
  const lasting = effects.filter(({ type }) => type !== "packet_in");
  return lasting.length === 0 ? NOTHING : lasting;
}

/** The same, as the list of the origin's last megaflow when that is equal: thousands teach the same address. */
function taughtIn(origin: Origin, translation: Translation): readonly Effect[] {
  const effects = taught(translation);
  if (effects.length === 0) return effects;
  if (!teachTheSame(origin.taught, effects)) origin.taught = effects;
  return origin.taught;
}

function teachTheSame(some: readonly Effect[], others: readonly Effect[]): boolean {
  return some.length === others.length && some.every((effect, i) => isSameStation(effect, others[i]));
}

/** Of addresses only: other effects are rarer, and dearer to compare than to keep. */
function isSameStation(one: Effect, other: Effect): boolean {
  if (one.type !== "learn_mac" || other.type !== "learn_mac") return one === other;
  const { bridge, vlan, port, mac } = one;
  if (bridge !== other.bridge || vlan !== other.vlan || port !== other.port) return false;
  return mac.every((byte, i) => byte === other.mac[i]);
}
