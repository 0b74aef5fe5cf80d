/**
 * Upcalls: a packet that met no megaflow is translated, its megaflow installed, and the packet sent on its way.
 *
 * Invariants: one upcall never harms another: a failure is counted, logged once a second at most, and drops that packet only.
 *   The megaflow is installed before the packet is executed, so that an answer to it finds the flow.
 * Cost: one translation a miss; two packets of one flow in the same batch find the first one's megaflow and share it.
 */
import { KEY_IN_PORT, KEY_RECIRC_ID, KEY_SIZE } from "../../assembly/layout.ts";
import { type Datapath, DatapathFullError, type Upcall } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import type { Megaflow, MegaflowTable } from "./megaflow.ts";
import type { Rule } from "./tables/rule.ts";
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
}

export class UpcallHandler {
  readonly statistics: UpcallStatistics = {
    misses: 0,
    installed: 0,
    shared: 0,
    refused: 0,
    slowPath: 0,
    dropped: 0,
  };
  readonly #options: UpcallOptions;
  readonly #mask = new Uint8Array(KEY_SIZE);

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
    const { translate } = this.#options;
    const miss = upcall.reason === "miss";
    if (miss) this.statistics.misses++;
    else this.statistics.slowPath++;
    const translation = translate(upcall.key, { packetLength: upcall.frame.length, rssHash: upcall.rssHash });
    if (translation === undefined) {
      this.statistics.dropped++;
      return;
    }
    if (miss) this.#install(upcall, translation);
    // The fast path counts a megaflow's packets, but this one passed it by.
    this.run(upcall, translation, miss || translation.slow !== "");
  }

  /** Sends a packet on its way and credits it to what it went through; `credit` false: the fast path has counted its rules. */
  run(upcall: Upcall, translation: Translation, credit = true): void {
    const { datapath, applyEffects, now } = this.#options;
    if (translation.actions.length > 0) {
      datapath.execute({
        frame: upcall.frame,
        vnet: upcall.vnet,
        inPort: upcall.inPort,
        actions: translation.actions,
        upcall,
      });
    }
    if (credit) creditRules(translation.rules, 1n, BigInt(upcall.frame.length), now());
    for (const bucket of translation.buckets) {
      bucket.statistics.packets += 1n;
      bucket.statistics.bytes += BigInt(upcall.frame.length);
    }
    if (translation.effects.length > 0) applyEffects(translation.effects, upcall);
  }

  #install(upcall: Upcall, translation: Translation): void {
    const { datapath, megaflows, retain, now, flowLimit } = this.#options;
    const mask = megaflows.mask(megaflowMask(translation, this.#mask));
    if (megaflows.find(mask, upcall.key) !== undefined) {
      this.statistics.shared++;
      return;
    }
    if (megaflows.size >= flowLimit()) {
      this.statistics.refused++;
      return;
    }
    const actions = megaflowActions(translation);
    try {
      const handle = datapath.putFlow(upcall.key, mask.bytes, actions);
      const flow = megaflows.add(handle, mask, upcall.key, actions, translation, now());
      for (const id of referencedIds(flow)) retain(id);
      this.statistics.installed++;
    } catch (error) {
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

const SLOW_PATH: readonly DatapathAction[] = [{ type: "userspace", reason: "slow_path", argument: 0, cookie: 0n }];

/** What the datapath is given: the translated actions, or "bring me every packet". */
export function megaflowActions(translation: Translation): readonly DatapathAction[] {
  return translation.slow === "" ? translation.actions : SLOW_PATH;
}

/** Recirculation ids a megaflow keeps alive: the one it starts from and those its actions name. */
export function* referencedIds(flow: Megaflow): Generator<number> {
  const { key } = flow;
  const own = ((key[KEY_RECIRC_ID] << 24) | (key[1] << 16) | (key[2] << 8) | key[3]) >>> 0;
  if (own !== 0) yield own;
  yield* flow.origin.recirculationIds;
}

export function creditRules(rules: readonly Rule[], packets: bigint, bytes: bigint, used: number): void {
  for (const { statistics } of rules) {
    statistics.packets += packets;
    statistics.bytes += bytes;
    if (used > statistics.used) statistics.used = used;
  }
}
