/**
 * Upcalls: a packet that met no megaflow is translated, its megaflow installed, and the packet sent on its way.
 *
 * Invariants: one upcall never harms another: a failure is counted, logged once a second at most, and drops that packet only.
 *   The megaflow is installed before the packet is executed, so that an answer to it finds the flow.
 * Cost: one translation a miss; two packets of one flow in the same batch find the first one's megaflow and share it.
 */
import { DROP_ACTION, DROP_SLOW_PATH } from "../../assembly/layout/counter.ts";
import { KEY_CT_STATE, KEY_IN_PORT, KEY_RECIRC_ID, KEY_SIZE } from "../../assembly/layout/key.ts";
import { type Datapath, DatapathFullError, type Upcall } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { recirculationIdOfKey } from "./datapath-key.ts";
import type { Megaflow, MegaflowTable } from "./megaflow.ts";
import type { MaskEntry } from "./megaflow-mask.ts";
import type { Bucket } from "./tables/rule.ts";
import type { Decided } from "./translate/context.ts";
import type { Effect, Translation } from "./translate/translation.ts";

/**
 * Translates a datapath key (KEY_SIZE bytes), for this packet when there is one. `undefined`: its port or recirculation id
 * is not known (any more).
 */
export type KeyTranslator = (key: Uint8Array, packet?: Decided) => Translation | undefined;

export interface UpcallStatistics {
  misses: number;
  installed: number;
  /** Found installed already: several packets of one flow missed together. */
  shared: number;
  /** Not installed: flow limit or datapath full. */
  refused: number;
  slowPath: number;
  /** Unknown port or recirculation id, or a translation that failed. */
  dropped: number;
}

export interface UpcallOptions {
  readonly datapath: Datapath;
  readonly megaflows: MegaflowTable;
  readonly translate: KeyTranslator;
  readonly retain: (recirculationId: number) => void;
  /** Runs the side effects of a packet (learning, packet-ins) after its actions were executed. */
  readonly applyEffects: (effects: readonly Effect[], upcall: Upcall) => void;
  /** An upcall made by a userspace action: `cookie` says which. */
  readonly userspace: (upcall: Upcall) => void;
  readonly now: () => number;
  /** Most megaflows at a time. */
  readonly flowLimit: () => number;
  readonly onError: (error: unknown) => void;
  readonly watcher: () => FlowWatcher | undefined;
}

/** Whoever wants to hear of every miss, and of what becomes of megaflows: debug logs. */
export interface FlowWatcher {
  missed(upcall: Upcall): void;
  added(flow: Megaflow): void;
  changed(flow: Megaflow, before: readonly DatapathAction[]): void;
}

const DROPPED_BY_ACTION: readonly DatapathAction[] = [{ type: "drop", reason: DROP_ACTION }];
const DROPPED_BY_SLOW_PATH: readonly DatapathAction[] = [{ type: "drop", reason: DROP_SLOW_PATH }];
/** As much of a dropped frame as the fast path is shown. */
const DROPPED_BYTES = 64;
/** How many masks of megaflows are kept in mind after one was installed. */
const RECENT = 8;

export class UpcallHandler {
  readonly statistics: UpcallStatistics = {
    misses: 0,
    installed: 0,
    shared: 0,
    refused: 0,
    slowPath: 0,
    dropped: 0,
  };
  /** No wildcards: one megaflow for each different packet (upcall/disable-megaflows). */
  exactOnly = false;
  readonly #options: UpcallOptions;
  readonly #mask = new Uint8Array(KEY_SIZE);
  /** Masks of megaflows installed lately, the newest last: packets that missed before those were in force need no translation. */
  readonly #recent: MaskEntry[] = [];

  constructor(options: UpcallOptions) {
    this.#options = options;
  }

  handle(upcalls: Iterable<Upcall>): void {
    for (const upcall of upcalls) {
      try {
        if (upcall.reason === "action") this.#options.userspace(upcall);
        else this.#translate(upcall);
      } catch (error) {
        this.statistics.dropped++;
        this.#options.onError(error);
      }
    }
  }

  #translate(upcall: Upcall): void {
    const { translate, watcher } = this.#options;
    const miss = upcall.reason === "miss";
    if (miss) watcher()?.missed(upcall);
    if (miss) this.statistics.misses++;
    else this.statistics.slowPath++;
    if (miss && this.#runByRecent(upcall)) return;
    let translation: Translation | undefined;
    try {
      translation = translate(upcall.key, { packetLength: upcall.length, rssHash: upcall.rssHash });
    } finally {
      if (translation === undefined) this.#drop(upcall, DROP_SLOW_PATH);
    }
    if (translation === undefined) {
      this.statistics.dropped++;
      return;
    }
    if (miss) this.#install(upcall, translation);
    // The fast path counts a megaflow's packets, but this one passed it by.
    this.run(upcall, translation, miss || translation.slow !== "");
  }

  /** Other packets of a flow that missed before it was in force go its way at once: the sooner, the less is overtaken. */
  #runByRecent(upcall: Upcall): boolean {
    const { megaflows, applyEffects, now } = this.#options;
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const flow = megaflows.find(this.#recent[i], upcall.key);
      if (flow === undefined) continue;
      this.statistics.shared++;
      if (flow.actions.length === 0) this.#drop(upcall, DROP_ACTION);
      else this.#execute(upcall, flow.actions);
      if (flow.origin.slow) return true;
      const bytes = BigInt(upcall.length);
      creditRules(flow.origin, 1n, bytes, now());
      creditBuckets(flow.origin.buckets, 1n, bytes);
      if (flow.refreshed.length > 0) applyEffects(flow.refreshed, upcall);
      return true;
    }
    return false;
  }

  #remember(mask: MaskEntry): void {
    if (this.#recent.at(-1) === mask) return;
    const at = this.#recent.indexOf(mask);
    if (at >= 0) this.#recent.splice(at, 1);
    else if (this.#recent.length === RECENT) this.#recent.shift();
    this.#recent.push(mask);
  }

  #execute(upcall: Upcall, actions: readonly DatapathAction[]): void {
    if (actions.length > 0) this.#options.datapath.execute({ inPort: upcall.inPort, actions, upcall });
  }

  /** The fast path counts the drop, as it counts those of packets that meet a megaflow: its headers are enough for that. */
  #drop({ frame, inPort }: Upcall, reason: typeof DROP_ACTION | typeof DROP_SLOW_PATH): void {
    const actions = reason === DROP_ACTION ? DROPPED_BY_ACTION : DROPPED_BY_SLOW_PATH;
    this.#options.datapath.execute({ frame: frame.subarray(0, DROPPED_BYTES), inPort, actions });
  }

  /** Sends a packet on its way and credits it to what it went through; `credit` false: the fast path has counted its rules. */
  run(upcall: Upcall, translation: Translation, credit = true): void {
    const { applyEffects, now } = this.#options;
    this.#execute(upcall, translation.actions);
    if (isDrop(translation)) this.#drop(upcall, translation.error === undefined ? DROP_ACTION : DROP_SLOW_PATH);
    const bytes = BigInt(upcall.length);
    if (credit) creditRules(translation, 1n, bytes, now());
    creditBuckets(translation.buckets, 1n, bytes);
    if (translation.effects.length > 0) applyEffects(translation.effects, upcall);
  }

  #install(upcall: Upcall, translation: Translation): void {
    const { datapath, megaflows, retain, now, flowLimit, watcher } = this.#options;
    const wanted = megaflowMask(translation, this.#mask);
    if (this.exactOnly) fillMask(wanted);
    const mask = megaflows.mask(wanted);
    if (megaflows.find(mask, upcall.key) !== undefined) {
      this.statistics.shared++;
      return;
    }
    if (megaflows.size >= flowLimit()) {
      this.statistics.refused++;
      megaflows.abandon(mask);
      return;
    }
    const actions = megaflowActions(translation);
    try {
      const handle = datapath.putFlow(upcall.key, mask.bytes, actions);
      const flow = megaflows.add(handle, mask, upcall.key, translation, now());
      const own = recirculationIdOfKey(upcall.key);
      if (own !== 0) retain(own);
      for (const id of translation.recirculationIds) retain(id);
      this.#remember(mask);
      this.statistics.installed++;
      watcher()?.added(flow);
    } catch (error) {
      megaflows.abandon(mask);
      if (!(error instanceof DatapathFullError)) throw error;
      this.statistics.refused++;
    }
  }
}

/** The megaflow's mask: what translation looked at in the key, in_port and recirc_id always. Writes into `room` (KEY_SIZE bytes). */
export function megaflowMask(translation: Translation, room: Uint8Array): Uint8Array {
  room.set(translation.wildcards.subarray(0, KEY_SIZE));
  room.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
  room.fill(0xff, KEY_RECIRC_ID, KEY_RECIRC_ID + 4);
  return room;
}

/** All bits that there are: the state of connections has no more than one byte of them. */
function fillMask(mask: Uint8Array): void {
  mask.fill(0xff);
  mask[KEY_CT_STATE] = 0;
}

const SLOW_PATH: readonly DatapathAction[] = [{ type: "userspace", reason: "slow_path", argument: 0, cookie: 0n }];

/** What the datapath is given: the translated actions, or "bring me every packet". */
export function megaflowActions(translation: Translation): readonly DatapathAction[] {
  return translation.slow === "" ? translation.actions : SLOW_PATH;
}

/** Neither sent anywhere nor shown to a controller. */
function isDrop({ actions, effects }: Translation): boolean {
  return actions.length === 0 && !effects.some(({ type }) => type === "packet_in");
}

/** Recirculation ids a megaflow keeps alive: the one it starts from and those its actions name. */
export function* referencedIds(flow: Megaflow): Generator<number> {
  const own = recirculationIdOfKey(flow.key);
  if (own !== 0) yield own;
  yield* flow.origin.recirculationIds;
}

/** `used`: 0 leaves what is there. */
export function creditBuckets(buckets: readonly Bucket[], packets: bigint, bytes: bigint, used = 0): void {
  for (const { statistics } of buckets) {
    statistics.packets += packets;
    statistics.bytes += bytes;
    if (used !== 0) statistics.used = used;
  }
}

export function creditRules(
  { rules, lookups }: Pick<Translation, "rules" | "lookups">,
  packets: bigint,
  bytes: bigint,
  used: number,
): void {
  const count = Number(packets);
  for (const counter of lookups) counter.packets += count;
  for (const { statistics } of rules) {
    statistics.packets += packets;
    statistics.bytes += bytes;
    if (used > statistics.used) statistics.used = used;
  }
}
