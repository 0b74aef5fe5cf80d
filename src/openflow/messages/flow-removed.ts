/**
 * FLOW_REMOVED, and Nicira's with a list of fields for a match.
 *
 *     1.0:     match (40), cookie u64, priority u16, reason u8, pad, seconds u32, nanoseconds u32, idle u16, pad 2, packets, bytes
 *     1.1–1.4: cookie u64, priority u16, reason u8, table u8, seconds, nanoseconds, idle u16, hard u16, packets, bytes, match
 *     1.5:     table u8, reason u8, priority u16, idle u16, hard u16, cookie u64, match, statistics
 */
import type { Match } from "../../slowpath/tables/rule.ts";
import { writeMatch } from "../fields/match.ts";
import { writeOxmMatch } from "../fields/oxm-match.ts";
import { OF10, OF12, OF14, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, message, niciraMessage } from "./definition.ts";
import { writeDuration, writeStatistics } from "./statistics.ts";

/** By their number. */
export const removalReasons = [
  "idle_timeout",
  "hard_timeout",
  "delete",
  "group_delete",
  "meter_delete",
  "eviction",
] as const;
export type RemovalReason = (typeof removalReasons)[number];

interface Fields {
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  readonly reason: RemovalReason;
  /** Milliseconds. */
  readonly duration: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly packets: bigint;
  readonly bytes: bigint;
}

export interface FlowRemoved extends Fields {
  readonly type: "flow_removed";
}

export interface NiciraFlowRemoved extends Fields {
  readonly type: "nx_flow_removed";
}

/** Reasons that a version has no word for are told as deletions. */
export function removalReasonNumber(reason: RemovalReason, version: Version): number {
  if ((reason === "meter_delete" || reason === "eviction") && version < OF14) return removalReasons.indexOf("delete");
  return removalReasons.indexOf(reason);
}

function write10(writer: Writer, removed: Fields): void {
  writeMatch(writer, removed.match, OF10);
  writer.u64(removed.cookie);
  writer.u16(removed.priority);
  writer.u8(removalReasonNumber(removed.reason, OF10));
  writer.zeros(1);
  writeDuration(writer, removed.duration);
  writer.u16(removed.idleTimeout);
  writer.zeros(2);
  writer.u64(removed.packets);
  writer.u64(removed.bytes);
}

function write15(writer: Writer, removed: Fields, version: Version): void {
  writer.u8(removed.table);
  writer.u8(removalReasonNumber(removed.reason, version));
  writer.u16(removed.priority);
  writer.u16(removed.idleTimeout);
  writer.u16(removed.hardTimeout);
  writer.u64(removed.cookie);
  writeMatch(writer, removed.match, version);
  const { duration, packets, bytes } = removed;
  writeStatistics(writer, { duration, packets, bytes });
}

export const flowRemoved: MessageCodec<FlowRemoved> = {
  type: "flow_removed",
  places: [message("1.0+", 11)],
  write(writer, removed, { version }) {
    if (version === OF10) {
      write10(writer, removed);
    } else if (version >= OF15) {
      write15(writer, removed, version);
    } else {
      writer.u64(removed.cookie);
      writer.u16(removed.priority);
      writer.u8(removalReasonNumber(removed.reason, version));
      writer.u8(removed.table);
      writeDuration(writer, removed.duration);
      writer.u16(removed.idleTimeout);
      writer.u16(version >= OF12 ? removed.hardTimeout : 0);
      writer.u64(removed.packets);
      writer.u64(removed.bytes);
      writeMatch(writer, removed.match, version);
    }
  },
};

export const niciraFlowRemoved: MessageCodec<NiciraFlowRemoved> = {
  type: "nx_flow_removed",
  places: [niciraMessage("1.0+", 14)],
  write(writer, removed, { version }) {
    writer.u64(removed.cookie);
    writer.u16(removed.priority);
    writer.u8(removalReasonNumber(removed.reason, version));
    writer.u8(removed.table + 1);
    writeDuration(writer, removed.duration);
    writer.u16(removed.idleTimeout);
    const lengthAt = writer.length;
    writer.u16(0);
    writer.u64(removed.packets);
    writer.u64(removed.bytes);
    const from = writer.length;
    writeOxmMatch(writer, removed.match, "nxm");
    writer.patchU16(lengthAt, writer.length - from);
    writer.pad(from);
  },
};
