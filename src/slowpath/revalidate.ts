/**
 * Keeps the installed megaflows true: re-translates what a change may touch, retires what is idle, and carries the
 * datapath's statistics back to rules and buckets.
 *
 * Invariants: after a change was reported here (and a barrier) no packet meets a megaflow that the tables as they are would
 *   not make. A megaflow is never widened in place: if a new translation looks at bits its mask lacks, it is removed, and the
 *   next packet makes a better one. Changes come while others are followed: to credit a megaflow teaches stations and rules,
 *   which is a change. They join the round that is under way, and a round lets each megaflow teach once, so that it ends.
 * Cost: a change costs one translation for each megaflow it may touch, found by rule, group or missed table; a rule
 *   that is added touches only those whose lookup in that table it could have won.
 */
import { isDeepStrictEqual } from "node:util";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { type Datapath, DatapathFullError, type FlowTraffic } from "../fastpath/datapath.ts";
import { inPortOfKey } from "./datapath-key.ts";
import { overlaps } from "./flow/match.ts";
import { type Megaflow, type MegaflowTable, mayMatch, taught } from "./megaflow.ts";
import type { Origin } from "./origin.ts";
import type { Rule } from "./tables/rule.ts";
import type { Effect } from "./translate/translation.ts";
import {
  creditBuckets,
  creditRules,
  type FlowWatcher,
  type KeyTranslator,
  megaflowActions,
  megaflowMask,
  referencedIds,
} from "./upcall.ts";

/** Rules that came (`added`) and that went or got other actions (`removed`). */
export interface RuleChanges {
  readonly added: readonly Rule[];
  readonly removed: readonly Rule[];
}

export interface RevalidatorOptions {
  readonly datapath: Datapath;
  readonly megaflows: MegaflowTable;
  readonly translate: KeyTranslator;
  readonly retain: (recirculationId: number) => void;
  readonly release: (recirculationId: number) => void;
  /** What a megaflow's packets taught is taught again. `tcpFlags`: those that any of them had. */
  readonly refresh: (effects: readonly Effect[], tcpFlags: number) => void;
  /** Milliseconds of CLOCK_MONOTONIC, the datapath's clock. */
  readonly now: () => number;
  /** Milliseconds without a packet after which a megaflow goes. */
  readonly maxIdle: () => number;
  /** Most megaflows at a time. */
  readonly flowLimit: () => number;
  readonly watcher: () => FlowWatcher | undefined;
}

/** From here on there is little room for new flows: what a flood of single packets left behind goes soon. */
const CROWDED = 7 / 8;
/** Milliseconds without a packet after which a megaflow goes when it is crowded. */
const CROWDED_IDLE = 1000;

export class Revalidator {
  readonly statistics = { translated: 0, kept: 0, changed: 0, removed: 0, expired: 0 };
  /** Sweeps do nothing; changes of tables are followed all the same. */
  isPaused = false;
  readonly #options: RevalidatorOptions;
  readonly #mask = new Uint8Array(KEY_SIZE);
  readonly #key = new Uint8Array(KEY_SIZE);
  /** Places of megaflows that the round under way has yet to look at. */
  readonly #doubtful = new Set<number>();
  /** Those that have taught in the round under way; undefined between rounds. */
  #haveTaught: Set<number> | undefined;

  constructor(options: RevalidatorOptions) {
    this.#options = options;
  }

  rulesChanged({ added, removed }: RuleChanges): void {
    const { megaflows } = this.#options;
    if (megaflows.size === 0) return;
    if (added.length + removed.length > megaflows.size) {
      this.everything();
      return;
    }
    const touched = new Set<number>();
    for (const rule of removed) for (const { place } of megaflows.byRule(rule)) touched.add(place);
    for (const rule of added) for (const { place } of this.#couldHit(rule)) touched.add(place);
    this.#retranslate(touched);
  }

  groupsChanged(ids: Iterable<number>): void {
    const touched = new Set<number>();
    for (const id of ids) for (const { place } of this.#options.megaflows.byGroup(id)) touched.add(place);
    this.#retranslate(touched);
  }

  macTableChanged(): void {
    this.#retranslate(placesOf(this.#options.megaflows.learning()));
  }

  /** What tables do with packets that no rule matches has changed. */
  missesChanged(): void {
    const { megaflows } = this.#options;
    const { origin } = megaflows.columns;
    this.#retranslate(megaflows.places().filter((place) => origin[place].missedTables.length > 0));
  }

  /** Ports, configuration, meters: whatever may touch any megaflow. */
  everything(): void {
    this.#retranslate(this.#options.megaflows.places());
  }

  /** A bridge has a port more. */
  portAdded(): void {
    this.#retranslate(placesOf(this.#options.megaflows.wantingPorts()));
  }

  /** Megaflows of a port that is gone would never be asked for again. */
  portRemoved(datapathPort: number): void {
    for (const flow of this.#options.megaflows) if (inPortOfKey(flow.key) === datapathPort) this.remove(flow);
    this.everything();
  }

  /** Carries statistics over and removes idle megaflows; called every half second or so. */
  sweep(): void {
    if (this.isPaused) return;
    const { megaflows, now, maxIdle, flowLimit } = this.#options;
    const time = now();
    const isCrowded = megaflows.size >= flowLimit() * CROWDED;
    const limit = isCrowded ? Math.min(maxIdle(), CROWDED_IDLE) : maxIdle();
    const { columns } = megaflows;
    for (const place of megaflows.places()) {
      if (columns.id[place] === 0) continue;
      const used = this.#credit(place) || columns.created[place];
      if (time - used <= limit) continue;
      const flow = megaflows.at(place);
      if (flow === undefined) continue;
      this.statistics.expired++;
      this.remove(flow);
    }
  }

  /** Statistics of all megaflows into rules and buckets, now: before they are shown. */
  creditAll(): void {
    for (const place of this.#options.megaflows.places()) this.#credit(place);
  }

  /** Nothing when it is gone already: what its last packets taught may have removed it. */
  remove(flow: Megaflow): void {
    const { datapath, megaflows, release } = this.#options;
    if (!megaflows.has(flow)) return;
    this.#credit(flow.place);
    if (!megaflows.has(flow)) return;
    const ids = [...referencedIds(flow)];
    datapath.removeFlow(flow, this.#creditRest(flow.place));
    megaflows.delete(flow);
    for (const id of ids) release(id);
  }

  *#couldHit(rule: Rule): Generator<Megaflow> {
    const { megaflows } = this.#options;
    for (const flow of megaflows.byMissedTable(rule.table)) if (mayMatch(flow, rule.match)) yield flow;
    for (const other of megaflows.rulesHit(rule.table)) {
      if (other.priority > rule.priority || !overlaps(other.match, rule.match)) continue;
      for (const flow of megaflows.byRule(other)) if (mayMatch(flow, rule.match)) yield flow;
    }
  }

  /** A megaflow that cannot be kept true goes, and the others are looked at all the same. */
  #retranslate(places: Iterable<number>): void {
    for (const place of places) this.#doubtful.add(place);
    if (this.#haveTaught !== undefined) return;
    this.#haveTaught = new Set();
    let failure: unknown;
    for (const place of this.#doubtful) {
      this.#doubtful.delete(place);
      const flow = this.#options.megaflows.at(place);
      if (flow === undefined) continue;
      try {
        this.#retranslateOne(flow);
      } catch (error) {
        this.statistics.removed++;
        this.remove(flow);
        if (!(error instanceof DatapathFullError)) failure ??= error;
      }
    }
    this.#haveTaught = undefined;
    if (failure !== undefined) throw failure;
  }

  #retranslateOne(flow: Megaflow): void {
    const { datapath, megaflows, translate, retain, release, watcher } = this.#options;
    this.statistics.translated++;
    // Until now its traffic belongs to the rules it was made by.
    this.#credit(flow.place);
    // What it taught may have removed it.
    if (!megaflows.has(flow)) return;
    this.#key.fill(0).set(flow.key);
    const translation = translate(this.#key);
    if (translation === undefined || !within(megaflowMask(translation, this.#mask), flow.mask.bytes)) {
      this.statistics.removed++;
      this.remove(flow);
      return;
    }
    // What its packets teach from now on must be taught by the next one, not by the next sweep.
    if (!isDeepStrictEqual(taught(translation), flow.refreshed)) {
      this.statistics.removed++;
      this.remove(flow);
      return;
    }
    const before = [...referencedIds(flow)];
    const old = flow.actions;
    const handle = datapath.replaceActions(flow, megaflowActions(translation));
    const same = handle === flow;
    megaflows.update(flow, handle.actions, translation);
    if (!same) watcher()?.changed(flow, old);
    for (const id of referencedIds(flow)) retain(id);
    for (const id of before) release(id);
    this.statistics[same ? "kept" : "changed"]++;
  }

  /** @returns milliseconds of the last packet, 0 = never. */
  #credit(place: number): number {
    const { datapath, megaflows } = this.#options;
    const { columns } = megaflows;
    if (columns.id[place] === 0) return 0;
    const { packets, bytes, used, tcpFlags } = datapath.flowTraffic(columns.address[place]);
    const morePackets = packets - columns.creditedPackets[place];
    if (morePackets === 0) return used;
    const moreBytes = bytes - columns.creditedBytes[place];
    columns.creditedPackets[place] = packets;
    columns.creditedBytes[place] = bytes;
    const origin = columns.origin[place];
    if (origin.slow) return used;
    creditOrigin(origin, morePackets, moreBytes, used);
    // Last: what it teaches may have this very megaflow looked at again, or removed.
    this.#teach(place, tcpFlags);
    return used;
  }

  /**
   * Credits what a megaflow that goes has carried since it was credited last: packets that came before the worker took it out, and what
   * the kernel had forwarded and nobody had counted yet. It teaches nothing any more.
   */
  #creditRest(place: number): (traffic: Readonly<FlowTraffic>) => void {
    const { columns } = this.#options.megaflows;
    const origin = columns.origin[place];
    const [packetsBefore, bytesBefore] = [columns.creditedPackets[place], columns.creditedBytes[place]];
    return ({ packets, bytes, used }) => {
      if (packets !== packetsBefore) creditOrigin(origin, packets - packetsBefore, bytes - bytesBefore, used);
    };
  }

  #teach(place: number, tcpFlags: number): void {
    const effects = this.#options.megaflows.columns.refreshed[place];
    if (effects.length === 0 || this.#haveTaught?.has(place)) return;
    this.#haveTaught?.add(place);
    this.#options.refresh(effects, tcpFlags);
  }
}

/** Packets that a megaflow has carried count for what it was made by; those of the slow path have counted there. */
function creditOrigin(origin: Origin, packets: number, bytes: number, used: number): void {
  if (origin.slow) return;
  creditRules(origin, BigInt(packets), BigInt(bytes), used);
  creditBuckets(origin.buckets, BigInt(packets), BigInt(bytes), used);
}

function placesOf(flows: Iterable<Megaflow>): Iterable<number> {
  return Array.from(flows, ({ place }) => place);
}

function within(inner: Uint8Array, outer: Uint8Array): boolean {
  for (let i = 0; i < KEY_SIZE; i++) if ((inner[i] & ~outer[i]) !== 0) return false;
  return true;
}
