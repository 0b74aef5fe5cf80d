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
import { type Datapath, DatapathFullError } from "../fastpath/datapath.ts";
import { inPortOfKey } from "./datapath-key.ts";
import { overlaps } from "./flow/match.ts";
import { fullKey, type Megaflow, type MegaflowTable, mayMatch, taught } from "./megaflow.ts";
import type { Rule } from "./tables/rule.ts";
import type { Effect } from "./translate/translation.ts";
import {
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
  /** Megaflows that the round under way has yet to look at. */
  readonly #doubtful = new Set<Megaflow>();
  /** Those that have taught in the round under way; undefined between rounds. */
  #haveTaught: Set<Megaflow> | undefined;

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
    const touched = new Set<Megaflow>();
    for (const rule of removed) for (const flow of megaflows.byRule(rule)) touched.add(flow);
    for (const rule of added) for (const flow of this.#couldHit(rule)) touched.add(flow);
    this.#retranslate(touched);
  }

  groupsChanged(ids: Iterable<number>): void {
    const touched = new Set<Megaflow>();
    for (const id of ids) for (const flow of this.#options.megaflows.byGroup(id)) touched.add(flow);
    this.#retranslate(touched);
  }

  macTableChanged(): void {
    this.#retranslate([...this.#options.megaflows.learning()]);
  }

  /** What tables do with packets that no rule matches has changed. */
  missesChanged(): void {
    this.#retranslate([...this.#options.megaflows].filter(({ origin }) => origin.missedTables.length > 0));
  }

  /** Ports, configuration, meters: whatever may touch any megaflow. */
  everything(): void {
    this.#retranslate([...this.#options.megaflows]);
  }

  /** A bridge has a port more. */
  portAdded(): void {
    this.#retranslate([...this.#options.megaflows.wantingPorts()]);
  }

  /** Megaflows of a port that is gone would never be asked for again. */
  portRemoved(datapathPort: number): void {
    for (const flow of [...this.#options.megaflows]) if (inPortOfKey(flow.key) === datapathPort) this.remove(flow);
    this.everything();
  }

  /** Carries statistics over and removes idle megaflows; called every half second or so. */
  sweep(): void {
    if (this.isPaused) return;
    const { megaflows, now, maxIdle, flowLimit } = this.#options;
    const time = now();
    const isCrowded = megaflows.size >= flowLimit() * CROWDED;
    const limit = isCrowded ? Math.min(maxIdle(), CROWDED_IDLE) : maxIdle();
    for (const flow of [...megaflows]) {
      const used = this.#credit(flow) || flow.created;
      if (time - used > limit) {
        this.statistics.expired++;
        this.remove(flow);
      }
    }
  }

  /** Statistics of all megaflows into rules and buckets, now: before they are shown. */
  creditAll(): void {
    for (const flow of this.#options.megaflows) this.#credit(flow);
  }

  /** Nothing when it is gone already: what its last packets taught may have removed it. */
  remove(flow: Megaflow): void {
    const { datapath, megaflows, release } = this.#options;
    this.#credit(flow);
    if (!megaflows.delete(flow)) return;
    datapath.removeFlow(flow.handle);
    for (const id of referencedIds(flow)) release(id);
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
  #retranslate(flows: Iterable<Megaflow>): void {
    for (const flow of flows) this.#doubtful.add(flow);
    if (this.#haveTaught !== undefined) return;
    this.#haveTaught = new Set();
    let failure: unknown;
    for (const flow of this.#doubtful) {
      this.#doubtful.delete(flow);
      if (!this.#options.megaflows.has(flow)) continue;
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
    this.#credit(flow);
    const translation = translate(fullKey(flow));
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
    const actions = megaflowActions(translation);
    const same = isDeepStrictEqual(actions, flow.actions);
    if (!same) datapath.replaceActions(flow.handle, actions);
    const old = flow.actions;
    megaflows.update(flow, same ? old : actions, translation);
    if (!same) watcher()?.changed(flow, old);
    for (const id of referencedIds(flow)) retain(id);
    for (const id of before) release(id);
    this.statistics[same ? "kept" : "changed"]++;
  }

  /** @returns milliseconds of the last packet, 0 = never. */
  #credit(flow: Megaflow): number {
    if (!this.#options.megaflows.has(flow)) return 0;
    const { packets, bytes, used, tcpFlags } = this.#options.datapath.flowStatistics(flow.handle);
    const morePackets = packets - flow.credited.packets;
    const moreBytes = bytes - flow.credited.bytes;
    if (morePackets > 0n && !flow.origin.slow) {
      creditRules(flow.origin.rules, morePackets, moreBytes, used);
      for (const { statistics } of flow.origin.buckets) {
        statistics.packets += morePackets;
        statistics.bytes += moreBytes;
        statistics.used = used;
      }
    }
    flow.credited = { packets, bytes };
    // Last: what it teaches may have this very megaflow looked at again, or removed.
    if (morePackets > 0n && !flow.origin.slow) this.#teach(flow, tcpFlags);
    return used;
  }

  #teach(flow: Megaflow, tcpFlags: number): void {
    if (flow.refreshed.length === 0 || this.#haveTaught?.has(flow)) return;
    this.#haveTaught?.add(flow);
    this.#options.refresh(flow.refreshed, tcpFlags);
  }
}

function within(inner: Uint8Array, outer: Uint8Array): boolean {
  for (let i = 0; i < KEY_SIZE; i++) if ((inner[i] & ~outer[i]) !== 0) return false;
  return true;
}
