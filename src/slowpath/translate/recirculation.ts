/**
 * What: recirculation ids and the pipeline states frozen under them.
 * Invariants: equal states have the same id (megaflows of many flows then lead to one and the same next pass). An id lives
 *   while a megaflow holds it (`retain`/`release`), and some seconds longer, for packets that are on their way.
 *   Id 0 is never given: it means a packet's first pass.
 * Cost: a hash and a comparison of the bytes for the look-up of an equal state; only a new one is copied.
 */
import type { Action, ControllerAction } from "../actions/action.ts";
import { formatAction } from "../actions/list.ts";
import { sameBytes } from "../flow/flow.ts";
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
  readonly hash: number;
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

/** Of what mostly differs. 30 bits, which the engine keeps unboxed as a map's key. */
function hashOf({ metadata, table, actions }: FrozenState): number {
  let hash = ((table ?? -1) << 8) ^ actions.length;
  for (let i = 0; i < metadata.length; i++) hash = Math.imul(hash ^ metadata[i], 0x0100_0193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

function isSame(a: FrozenState, b: FrozenState): boolean {
  return (
    a.bridge === b.bridge &&
    a.table === b.table &&
    a.conntracked === b.conntracked &&
    a.hashed === b.hashed &&
    sameBytes(a.metadata, b.metadata) &&
    a.stack.length === b.stack.length &&
    a.stack.every((value, i) => String(value) === String(b.stack[i])) &&
    sameActions(a.actions, b.actions) &&
    sameActions(a.actionSet, b.actionSet) &&
    (a.pause && formatAction(a.pause)) === (b.pause && formatAction(b.pause))
  );
}

/** By their words: actions that read alike do alike. */
function sameActions(a: readonly FrozenAction[], b: readonly FrozenAction[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((action, i) => action === b[i] || formatFrozenAction(action) === formatFrozenAction(b[i]));
}

export class RecirculationTable {
  readonly #byId = new Map<number, Entry>();
  readonly #byHash = new Map<number, Entry[]>();
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

  /** The id of this state; nobody holds it yet. Its metadata may be used for another one afterwards. */
  idOf(state: FrozenState): number {
    const hash = hashOf(state);
    const alike = this.#byHash.get(hash);
    const known = alike?.find((entry) => isSame(entry.state, state));
    if (known) {
      if (known.references === 0) this.#touch(known);
      return known.id;
    }
    const kept = { ...state, metadata: state.metadata.slice() };
    const entry: Entry = { id: this.#newId(), hash, state: kept, references: 0, idleSince: this.#now() };
    this.#byId.set(entry.id, entry);
    if (alike) alike.push(entry);
    else this.#byHash.set(hash, [entry]);
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
      this.#unhash(entry);
      forgotten++;
    }
    return forgotten;
  }

  #unhash(entry: Entry): void {
    const rest = this.#byHash.get(entry.hash)!.filter((other) => other !== entry);
    if (rest.length > 0) this.#byHash.set(entry.hash, rest);
    else this.#byHash.delete(entry.hash);
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
