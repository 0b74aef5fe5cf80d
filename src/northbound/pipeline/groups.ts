/** Select groups under construction, in the text form of ovs-ofctl. */

export interface GroupBucket {
  readonly id: number;
  readonly actions: string;
}

export interface GroupText {
  readonly id: number;
  /** "dp_hash", or the fields to hash in ovs-ofctl's form. */
  readonly selection: string;
  readonly buckets: readonly GroupBucket[];
}

export class GroupSet {
  readonly #groups = new Map<number, GroupText>();

  add(group: GroupText): void {
    this.#groups.set(group.id, group);
  }

  groups(): ReadonlyMap<number, GroupText> {
    return new Map([...this.#groups].sort(([a], [b]) => a - b));
  }
}

export function formatGroup({ id, selection, buckets }: GroupText): string {
  const bucketText = buckets.map((bucket) => `bucket=bucket_id:${bucket.id},weight:100,actions=${bucket.actions}`);
  return [`group_id=${id},type=select,${selection}`, ...bucketText].join(",");
}
