/** Multipart GROUP, GROUP_DESC and GROUP_FEATURES, with Nicira's places for them in 1.0. */
import type { Group } from "../../slowpath/tables/rule.ts";
import { OF10, OF11, OF13, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { writeBucket11, writeBucket15 } from "./bucket.ts";
import { emptyMessage, type MessageCodec, type MessageContext, multipart, niciraMultipart } from "./definition.ts";
import { groupTypes, hasBucketIds } from "./group-mod.ts";
import { writeSelection } from "./selection.ts";
import { writeDuration } from "./statistics.ts";

export interface GroupStatisticsRequest {
  readonly type: "group_statistics_request";
  readonly group: number;
}
export interface GroupDescriptionRequest {
  readonly type: "group_description_request";
  /** GROUP_ALL: every group. */
  readonly group: number;
}
export interface GroupFeaturesRequest {
  readonly type: "group_features_request";
}

export interface GroupStatistics {
  readonly group: Group;
  /** Milliseconds. */
  readonly duration: number;
  /** Rules that name it. */
  readonly references: number;
}

export interface GroupStatisticsReply {
  readonly type: "group_statistics_reply";
  readonly entries: readonly GroupStatistics[];
}
export interface GroupDescriptionReply {
  readonly type: "group_description_reply";
  readonly entries: readonly Group[];
}
export interface GroupFeaturesReply {
  readonly type: "group_features_reply";
}

const GROUP_ALL = 0xffff_fffc;
const GROUP_MAX = 0xffff_ff00;
const TYPES = 4;
const ALL_TYPES = 0xf;
/** Weights, watched ports and groups, groups in groups. */
const CAPABILITIES = 0x7;
/** Bits by each version's numbers of actions; from 1.2 on fields are set by set_field alone. */
function actionBits(version: Version): number {
  if (version === OF10) return 0xfff;
  return version === OF11 ? 0x01ff_e7ff : 0x03ff_8001;
}

function writeGroupStatistics(writer: Writer, entry: GroupStatistics, { version }: MessageContext): void {
  const from = writer.length;
  const { group, references, duration } = entry;
  writer.u16(0);
  writer.zeros(2);
  writer.u32(group.id);
  writer.u32(references);
  writer.zeros(4);
  writer.u64(group.statistics.packets);
  writer.u64(group.statistics.bytes);
  if (version === OF10 || version >= OF13) writeDuration(writer, duration);
  for (const { statistics } of group.buckets) {
    writer.u64(statistics.packets);
    writer.u64(statistics.bytes);
  }
  writer.patchU16(from, writer.length - from);
}

function writeDescription(writer: Writer, group: Group, context: MessageContext): void {
  const from = writer.length;
  writer.u16(0);
  writer.u8(groupTypes.indexOf(group.type));
  writer.zeros(1);
  writer.u32(group.id);
  if (!hasBucketIds(context.version)) {
    for (const bucket of group.buckets) writeBucket11(writer, bucket, context);
  } else {
    const lengthAt = writer.length;
    writer.zeros(8);
    const bucketsFrom = writer.length;
    for (const bucket of group.buckets) writeBucket15(writer, bucket, context, group.type);
    writer.patchU16(lengthAt, writer.length - bucketsFrom);
    writeSelection(writer, group, context);
  }
  writer.patchU16(from, writer.length - from);
}

export const groupStatisticsRequest: MessageCodec<GroupStatisticsRequest> = {
  type: "group_statistics_request",
  places: [multipart("request", "1.1+", 6), niciraMultipart("request", "1.0", 7)],
  read(body) {
    const group = body.u32();
    body.skip(4);
    return { type: "group_statistics_request", group };
  },
};

export const groupStatisticsReply: MessageCodec<GroupStatisticsReply> = {
  type: "group_statistics_reply",
  places: [multipart("reply", "1.1+", 6), niciraMultipart("reply", "1.0", 7)],
  entries: { of: ({ entries }) => entries, write: writeGroupStatistics },
};

function asksForOne(version: Version): boolean {
  return version === OF10 || version >= OF15;
}

export const groupDescriptionRequest: MessageCodec<GroupDescriptionRequest> = {
  type: "group_description_request",
  places: [multipart("request", "1.1+", 7), niciraMultipart("request", "1.0", 8)],
  read(body, { version }) {
    if (!asksForOne(version)) return { type: "group_description_request", group: GROUP_ALL };
    const group = body.u32();
    body.skip(4);
    return { type: "group_description_request", group };
  },
};

export const groupDescriptionReply: MessageCodec<GroupDescriptionReply> = {
  type: "group_description_reply",
  places: [multipart("reply", "1.1+", 7), niciraMultipart("reply", "1.0", 8)],
  entries: { of: ({ entries }) => entries, write: writeDescription },
};

export const groupFeaturesRequest = emptyMessage<GroupFeaturesRequest>({ type: "group_features_request" }, [
  multipart("request", "1.2+", 8),
  niciraMultipart("request", "1.0-1.1", 9),
]);

export const groupFeaturesReply: MessageCodec<GroupFeaturesReply> = {
  type: "group_features_reply",
  places: [multipart("reply", "1.2+", 8), niciraMultipart("reply", "1.0-1.1", 9)],
  write(writer, _message, { version }) {
    writer.u32(ALL_TYPES);
    writer.u32(CAPABILITIES);
    for (let i = 0; i < TYPES; i++) writer.u32(GROUP_MAX);
    for (let i = 0; i < TYPES; i++) writer.u32(actionBits(version));
  },
};
