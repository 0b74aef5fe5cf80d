/** What: a bridge's meters, each with an index in the datapath, and OpenFlow 1.5 meter mods. Text is in meter-text.ts. */
import { type MeterMod, ModificationError } from "./modification.ts";
import type { Meter } from "./rule.ts";
import type { Transaction } from "./transaction.ts";

/** OpenFlow's last ordinary id; the two virtual ones follow further up. */
export const METER_MAX = 0xffff_0000;
export const METER_SLOWPATH = 0xffff_fffd;
export const METER_CONTROLLER = 0xffff_fffe;

/** Indexes of the datapath's meters that are in use: one set for all bridges on it. */
export type MeterIndexes = Set<number>;

export class MeterTable {
  readonly #meters = new Map<number, Meter>();
  readonly #indexes: MeterIndexes;

  constructor(indexes: MeterIndexes = new Set()) {
    this.#indexes = indexes;
  }

  get(id: number): Meter | undefined {
    return this.#meters.get(id);
  }

  /** By id. */
  all(): Meter[] {
    return [...this.#meters.values()].sort((a, b) => a.id - b.id);
  }

  /**
   * @returns ids of deleted meters: rules that name them must go too.
   * @throws ModificationError
   */
  apply(mod: MeterMod, transaction: Transaction): ReadonlySet<number> {
    if (mod.command === "delete") {
      const ids = mod.id === "all" ? [...this.#meters.keys()] : [mod.id].filter((id) => this.#meters.has(id));
      for (const id of ids) this.#set(id, undefined, transaction);
      return new Set(ids);
    }
    const { id, config } = mod;
    if (id === "all" || id === 0 || (id > METER_MAX && id !== METER_SLOWPATH && id !== METER_CONTROLLER)) {
      throw new ModificationError("OFPMMFC_INVALID_METER", `meter id ${id} is reserved`);
    }
    const old = this.#meters.get(id);
    if (mod.command === "add" && old) throw new ModificationError("OFPMMFC_METER_EXISTS", `meter ${id} exists`);
    if (mod.command === "modify" && !old) {
      throw new ModificationError("OFPMMFC_UNKNOWN_METER", `meter ${id} does not exist`);
    }
    if (!config || config.bands.length === 0) throw new ModificationError("OFPMMFC_BAD_BAND", "meter must have bands");
    this.#set(id, { id, ...config, datapathIndex: old?.datapathIndex ?? this.#freeIndex() }, transaction);
    return new Set();
  }

  #freeIndex(): number {
    let index = 0;
    while (this.#indexes.has(index)) index++;
    return index;
  }

  #set(id: number, meter: Meter | undefined, transaction: Transaction): void {
    const old = this.#meters.get(id);
    const put = (before: Meter | undefined, after: Meter | undefined): void => {
      if (before) this.#indexes.delete(before.datapathIndex);
      if (after) {
        this.#indexes.add(after.datapathIndex);
        this.#meters.set(id, after);
      } else {
        this.#meters.delete(id);
      }
    };
    put(old, meter);
    transaction.onRollBack(() => put(meter, old));
    transaction.meterChanged(id);
  }
}
