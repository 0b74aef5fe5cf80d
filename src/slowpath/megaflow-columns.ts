/**
 * What the slow path knows of each megaflow, a column a field: some 90 bytes a megaflow that the garbage collector never walks.
 *
 * What: a megaflow is a place, a number from 1 on; 0 is none. Columns double when they are full. Lists of megaflows (all of them, those
 *   of one origin, those of one hash bucket) are chains of places through columns of their own.
 * Invariant: `id` of a place is 0 as long as no megaflow is there.
 */
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import type { Origin } from "./origin.ts";
import type { Effect } from "./translate/translation.ts";

const FIRST_CAPACITY = 256;

export class MegaflowColumns {
  /** Places, the one that is none included. */
  capacity = FIRST_CAPACITY;
  id = new Uint32Array(FIRST_CAPACITY);
  /** Of the record in linear memory. */
  address = new Uint32Array(FIRST_CAPACITY);
  /** Index of its mask. */
  mask = new Uint16Array(FIRST_CAPACITY);
  /** Of its key under the mask. */
  hash = new Int32Array(FIRST_CAPACITY);
  /** Place of its key in the key store. */
  key = new Uint32Array(FIRST_CAPACITY);
  /** Milliseconds of CLOCK_MONOTONIC. */
  created = new Float64Array(FIRST_CAPACITY);
  /** Already credited to rules, groups and ports. */
  creditedPackets = new Float64Array(FIRST_CAPACITY);
  creditedBytes = new Float64Array(FIRST_CAPACITY);
  /** Next in the hash bucket. */
  nextOfHash = new Uint32Array(FIRST_CAPACITY);
  /** Neighbours among all, in the order of their making. */
  next = new Uint32Array(FIRST_CAPACITY);
  previous = new Uint32Array(FIRST_CAPACITY);
  /** Neighbours among those of its origin. */
  nextOfOrigin = new Uint32Array(FIRST_CAPACITY);
  previousOfOrigin = new Uint32Array(FIRST_CAPACITY);
  readonly origin: Origin[] = [];
  readonly actions: (readonly DatapathAction[])[] = [];
  /** What its packets teach (addresses, rules, shorter timeouts): as long as there are packets, it is learned again. */
  readonly refreshed: (readonly Effect[])[] = [];
  readonly #free: number[] = [];
  #used = 1;

  /** A place for one megaflow more. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#used === this.capacity) this.#grow();
    return this.#used++;
  }

  give(place: number): void {
    this.id[place] = 0;
    this.#free.push(place);
  }

  #grow(): void {
    this.capacity *= 2;
    this.id = this.#longer(this.id);
    this.address = this.#longer(this.address);
    this.mask = this.#longer(this.mask);
    this.hash = this.#longer(this.hash);
    this.key = this.#longer(this.key);
    this.created = this.#longer(this.created);
    this.creditedPackets = this.#longer(this.creditedPackets);
    this.creditedBytes = this.#longer(this.creditedBytes);
    this.nextOfHash = this.#longer(this.nextOfHash);
    this.next = this.#longer(this.next);
    this.previous = this.#longer(this.previous);
    this.nextOfOrigin = this.#longer(this.nextOfOrigin);
    this.previousOfOrigin = this.#longer(this.previousOfOrigin);
  }

  #longer<Column extends Uint32Array | Int32Array | Uint16Array | Float64Array>(column: Column): Column {
    const longer = new (column.constructor as new (length: number) => Column)(this.capacity);
    longer.set(column);
    return longer;
  }
}
