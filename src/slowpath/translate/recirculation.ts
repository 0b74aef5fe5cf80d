/**
 * What: recirculation ids and the pipeline states frozen under them.
 * Invariants: equal states have the same id (megaflows of many flows then lead to one and the same next pass). An id lives
 *   while a megaflow holds it (`retain`/`release`), and some seconds longer, for packets that are on their way.
 *   Id 0 is never given: it means a packet's first pass.
 * Cost: one string for the look-up of an equal state, one Map entry an id.
 */
import type { Action, ControllerAction } from "../actions/action.ts";
import { formatAction } from "../actions/list.ts";
import type { Bridge } from "./bridge.ts";

/** Frozen actions, with marks that tell where they came from (packet-ins name table and cookie). */
export type FrozenAction = Action | { readonly type: "unroll"; readonly table: number; readonly cookie: bigint };

export interface FrozenState {
  readonly bridge: Bridge;
  /** Where the pipeline goes on when there are no actions; undefined: nowhere. */
  readonly table: number | undefined;
  readonly actions: readonly FrozenAction[];
  /** in_port, tunnel, registers, metadata: FROZEN_BYTES, see `frozen-metadata.ts`. */
  readonly metadata: Uint8Array;
  readonly stack: readonly (number | bigint)[];
  readonly actionSet: readonly Action[];
  readonly conntracked: boolean;
  /** The packet comes back with its dp_hash: no other state shares the id, so that nobody need look whether it has one. */
  readonly hashed: boolean;
  /** The controller action that paused here. */
  readonly pause?: ControllerAction;
}

interface Entry {
  readonly id: number;
  readonly key: string;
  readonly state: FrozenState;
  references: number;
  /** Milliseconds; when the last reference went, or when the id was made. */
  idleSince: number;
}

/** How long an id without references is kept, in milliseconds. */
export const RECIRCULATION_GRACE = 10_000;

export function formatFrozenAction(action: FrozenAction): string {
  if (action.type !== "unroll") return formatAction(action);
  return `unroll_xlate(table=${action.table}, cookie=${action.cookie})`;
}

const bridgeNumbers = new WeakMap<Bridge, number>();
let bridges = 0;

function bridgeNumber(bridge: Bridge): number {
  let number = bridgeNumbers.get(bridge);
  if (number === undefined) {
    number = ++bridges;
    bridgeNumbers.set(bridge, number);
  }
  return number;
}

function keyOf(state: FrozenState): string {
  const { metadata } = state;
  const bytes = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.length).toString("latin1");
  const actions = state.actions.map(formatFrozenAction).join();
  const set = state.actionSet.map((action) => formatAction(action)).join();
  const pause = state.pause ? formatAction(state.pause) : "";
  return `${bridgeNumber(state.bridge)}|${state.table}|${state.conntracked}|${state.hashed}|${state.stack.join()}|${actions}|${set}|${pause}|${bytes}`;
}

export class RecirculationTable {
  readonly #byId = new Map<number, Entry>();
  readonly #byKey = new Map<string, Entry>();
  readonly #idle = new Set<Entry>();
  #next: number;
  readonly #now: () => number;

  /** `first`: the first id to be given. */
  constructor(now: () => number = () => performance.now(), first = 1) {
    this.#now = now;
    this.#next = first;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The id of this state; nobody holds it yet. */
  idOf(state: FrozenState): number {
    const key = keyOf(state);
    const known = this.#byKey.get(key);
    if (known) {
      if (known.references === 0) this.#touch(known);
      return known.id;
    }
    const entry: Entry = { id: this.#newId(), key, state, references: 0, idleSince: this.#now() };
    this.#byId.set(entry.id, entry);
    this.#byKey.set(key, entry);
    this.#idle.add(entry);
    return entry.id;
  }

  state(id: number): FrozenState | undefined {
    return this.#byId.get(id)?.state;
  }

  retain(id: number): void {
    const entry = this.#byId.get(id);
    if (!entry) return;
    entry.references++;
    this.#idle.delete(entry);
  }

  release(id: number): void {
    const entry = this.#byId.get(id);
    if (!entry || entry.references === 0) return;
    if (--entry.references === 0) this.#touch(entry);
  }

  /** Forgets ids that nobody has held for the grace period; to be called every now and then. */
  expire(): number {
    const limit = this.#now() - RECIRCULATION_GRACE;
    let forgotten = 0;
    // In the order in which they became idle.
    for (const entry of this.#idle) {
      if (entry.idleSince > limit) break;
      this.#idle.delete(entry);
      this.#byId.delete(entry.id);
      this.#byKey.delete(entry.key);
      forgotten++;
    }
    return forgotten;
  }

  #touch(entry: Entry): void {
    entry.idleSince = this.#now();
    this.#idle.delete(entry);
    this.#idle.add(entry);
  }

  #newId(): number {
    let id: number;
    do {
      id = this.#next;
      this.#next = id === 0xffff_ffff ? 1 : id + 1;
    } while (this.#byId.has(id));
    return id;
  }
}
