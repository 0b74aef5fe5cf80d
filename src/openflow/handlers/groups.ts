/** Requests for groups. */
import { GROUP_ALL } from "../../slowpath/tables/modification.ts";
import { groupsIn } from "../../slowpath/tables/references.ts";
import type { Bucket, Group } from "../../slowpath/tables/rule.ts";
import type { GroupStatistics } from "../messages/group-statistics.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import type { MessageOf, Request } from "./handler.ts";

/** Buckets of select groups are counted by the fast path; what the slow path sent comes on top. */
function withCounters(agent: BridgeAgent, bucket: Bucket): Bucket {
  const { statistics, counters } = bucket;
  if (counters === 0) return bucket;
  const counted = agent.switch.datapath.bucketCounters(counters);
  return {
    ...bucket,
    statistics: {
      ...statistics,
      packets: statistics.packets + counted.packets,
      bytes: statistics.bytes + counted.bytes,
    },
  };
}

/** Buckets share the packets of a group, but for type all, where each bucket gets every packet. */
function countedGroup(agent: BridgeAgent, group: Group): Group {
  const buckets = group.buckets.map((bucket) => withCounters(agent, bucket));
  const together = group.type === "all" ? larger : (a: bigint, b: bigint) => a + b;
  const total = (name: "packets" | "bytes"): bigint =>
    buckets.map(({ statistics }) => statistics[name]).reduce(together, 0n);
  const statistics = { ...group.statistics, packets: total("packets"), bytes: total("bytes") };
  return { ...group, buckets, statistics };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** As OVS: groups that name a group do not count. */
function referencesOf({ bridge }: BridgeAgent): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { actions } of bridge.tables.rules()) {
    for (const id of new Set(groupsIn(actions))) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function groupsOf({ bridge }: BridgeAgent, id: number): Group[] {
  if (id === GROUP_ALL) return bridge.tables.groups.all();
  const group = bridge.group(id);
  return group ? [group] : [];
}

export function groupStatistics({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"group_statistics_request">>): void {
  agent.switch.revalidator.creditAll();
  const references = referencesOf(agent);
  const now = agent.switch.now();
  const entries = groupsOf(agent, message.group).map(
    (group): GroupStatistics => ({
      group: countedGroup(agent, group),
      duration: now - group.created,
      references: references.get(group.id) ?? 0,
    }),
  );
  session.reply(envelope, { type: "group_statistics_reply", entries });
}

export function groupDescriptions({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"group_description_request">>): void {
  session.reply(envelope, { type: "group_description_reply", entries: groupsOf(agent, message.group) });
}

export function groupFeatures({ session, envelope }: Request<MessageOf<"group_features_request">>): void {
  session.reply(envelope, { type: "group_features_reply" });
}
