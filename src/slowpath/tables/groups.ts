/**
 * What: a bridge's groups and the semantics of OpenFlow 1.5 group mods. Text is in group-text.ts.
 * Invariants: groups and buckets are values: a change makes a new Group; buckets that a change leaves alone stay the same
 *   objects, with their statistics and counters. No group contains itself, however deep.
 */
import { type BucketSpec, GROUP_ALL, GROUP_MAX, type GroupMod, ModificationError } from "./modification.ts";
import { groupsIn } from "./references.ts";
import type { Bucket, Group } from "./rule.ts";
import type { Transaction } from "./transaction.ts";

/** Buckets' ids end below OpenFlow's reserved ones. */
const BUCKET_MAX = 0xffff_ff00;

export class GroupTable {
  readonly #groups = new Map<number, Group>();

  get(id: number): Group | undefined {
    return this.#groups.get(id);
  }

  /** By id. */
  all(): Group[] {
    return [...this.#groups.values()].sort((a, b) => a.id - b.id);
  }

  /**
   * Whether packets may go to the bucket: it watches nothing, its port is up, or its group has such a bucket.
   * `portAlive` answers for OpenFlow ports.
   */
  bucketAlive(bucket: Bucket, portAlive: (port: number) => boolean): boolean {
    if (bucket.watchPort === undefined && bucket.watchGroup === undefined) return true;
    if (bucket.watchPort !== undefined && portAlive(bucket.watchPort)) return true;
    const watched = bucket.watchGroup === undefined ? undefined : this.#groups.get(bucket.watchGroup);
    return watched?.buckets.some((inner) => this.bucketAlive(inner, portAlive)) ?? false;
  }

  /**
   * @returns ids of deleted groups: rules that name them must go too.
   * @throws ModificationError
   */
  apply(mod: GroupMod, transaction: Transaction): ReadonlySet<number> {
    if (mod.command === "delete") return this.#delete(mod.id, transaction);
    if (mod.id > GROUP_MAX) throw new ModificationError("OFPGMFC_INVALID_GROUP", `group id ${mod.id} is reserved`);
    const old = this.#groups.get(mod.id);
    if (mod.command === "add" && old) throw new ModificationError("OFPGMFC_GROUP_EXISTS", `group ${mod.id} exists`);
    if (mod.command !== "add" && mod.command !== "add_or_mod" && !old) {
      throw new ModificationError("OFPGMFC_UNKNOWN_GROUP", `group ${mod.id} does not exist`);
    }
    const group = this.#changed(mod, old, transaction.now);
    checkGroup(group);
    if (mod.command !== "insert_bucket" && mod.command !== "remove_bucket") checkWatches(group);
    this.#refuseLoops(group);
    this.#set(mod.id, group, transaction);
    return new Set();
  }

  #changed(mod: GroupMod, old: Group | undefined, now: number): Group {
    if (old && mod.command === "insert_bucket") return { ...old, buckets: insertBuckets(old, mod) };
    if (old && mod.command === "remove_bucket") return { ...old, buckets: removeBuckets(old, mod) };
    return {
      id: mod.id,
      type: mod.type,
      selectionMethod: mod.selectionMethod,
      selectionParam: mod.selectionParam,
      fields: mod.fields,
      buckets: makeBuckets(mod.buckets, []),
      statistics: old?.statistics ?? { packets: 0n, bytes: 0n, used: 0 },
      created: old?.created ?? now,
    };
  }

  #delete(id: number, transaction: Transaction): ReadonlySet<number> {
    const ids = id === GROUP_ALL ? [...this.#groups.keys()] : [id].filter((known) => this.#groups.has(known));
    for (const gone of ids) this.#set(gone, undefined, transaction);
    return new Set(ids);
  }

  #set(id: number, group: Group | undefined, transaction: Transaction): void {
    const old = this.#groups.get(id);
    const put = (value: Group | undefined): void => {
      if (value) this.#groups.set(id, value);
      else this.#groups.delete(id);
    };
    put(group);
    transaction.onRollBack(() => put(old));
    transaction.groupChanged(id);
  }

  #refuseLoops(group: Group): void {
    const seen = new Set<number>();
    const visit = (next: Group): void => {
      for (const id of next.buckets.flatMap(groupsOf)) {
        if (id === group.id) throw new ModificationError("OFPGMFC_LOOP", `group ${group.id} would contain itself`);
        const inner = this.#groups.get(id);
        if (!inner || seen.has(id)) continue;
        seen.add(id);
        visit(inner);
      }
    };
    visit(group);
  }
}

/** Groups that a bucket leads to or watches. */
function groupsOf({ actions, watchGroup }: Bucket): number[] {
  return watchGroup === undefined ? groupsIn(actions) : [...groupsIn(actions), watchGroup];
}

function makeBuckets(specs: readonly BucketSpec[], beside: readonly Bucket[]): Bucket[] {
  const taken = new Set(beside.map(({ id }) => id));
  for (const { id } of specs) {
    if (id === undefined) continue;
    if (taken.has(id)) throw new ModificationError("OFPGMFC_BUCKET_EXISTS", `bucket ${id} exists`);
    if (id > BUCKET_MAX) throw new ModificationError("OFPGMFC_BAD_BUCKET", `bucket id ${id} is reserved`);
    taken.add(id);
  }
  let free = 0;
  return specs.map((spec) => {
    while (spec.id === undefined && taken.has(free)) free++;
    const id = spec.id ?? free;
    taken.add(id);
    return {
      id,
      weight: spec.weight,
      watchPort: spec.watchPort,
      watchGroup: spec.watchGroup,
      actions: spec.actions,
      statistics: { packets: 0n, bytes: 0n, used: 0 },
      counters: 0,
    };
  });
}

function insertBuckets(old: Group, mod: GroupMod): Bucket[] {
  const added = makeBuckets(mod.buckets, old.buckets);
  const at = mod.commandBucket === "first" ? 0 : mod.commandBucket === "last" ? old.buckets.length : -1;
  if (at >= 0) return old.buckets.toSpliced(at, 0, ...added);
  const after = old.buckets.findIndex(({ id }) => id === mod.commandBucket);
  if (after < 0) throw new ModificationError("OFPGMFC_UNKNOWN_BUCKET", `bucket ${mod.commandBucket} does not exist`);
  return old.buckets.toSpliced(after + 1, 0, ...added);
}

function removeBuckets(old: Group, mod: GroupMod): Bucket[] {
  switch (mod.commandBucket) {
    case "all":
    case undefined:
      return [];
    case "first":
      return old.buckets.slice(1);
    case "last":
      return old.buckets.slice(0, -1);
  }
  const at = old.buckets.findIndex(({ id }) => id === mod.commandBucket);
  if (at < 0) throw new ModificationError("OFPGMFC_UNKNOWN_BUCKET", `bucket ${mod.commandBucket} does not exist`);
  return old.buckets.toSpliced(at, 1);
}

function checkGroup(group: Group): void {
  if (group.type === "indirect" && group.buckets.length !== 1) {
    throw new ModificationError("OFPGMFC_INVALID_GROUP", "an indirect group has exactly one bucket");
  }
  if (group.type !== "select" && group.buckets.some(({ weight }) => weight !== 0)) {
    throw new ModificationError("OFPGMFC_INVALID_GROUP", "only select groups can have bucket weights");
  }
}

/** Asked of whole groups only: as with OVS, buckets that are put into a group later need not watch anything. */
function checkWatches(group: Group): void {
  const unwatched = (bucket: Bucket): boolean => bucket.watchPort === undefined && bucket.watchGroup === undefined;
  if (group.type === "fast_failover" && group.buckets.some(unwatched)) {
    throw new ModificationError("OFPGMFC_INVALID_GROUP", "a fast failover bucket requires watch_port or watch_group");
  }
}
