/**
 * Multipart FLOW: rules with their statistics; Nicira's for 1.0 with a list of fields for a match.
 *
 *     1.0:     length u16, table u8, pad, match (40), seconds, nanoseconds, priority, idle, hard u16, pad 6, cookie, packets, bytes, actions
 *     1.1–1.4: length u16, table u8, pad, seconds, nanoseconds, priority, idle, hard, flags, importance u16, pad 2, cookie, packets, bytes,
 *              match, instructions
 *     1.5:     length u16, pad 2, table u8, pad, priority, idle, hard, flags, importance u16, cookie, match, statistics, instructions
 *     Nicira:  length u16, table u8, pad, seconds, nanoseconds, priority, idle, hard, match length, idle age, hard age u16, cookie, packets,
 *              bytes, fields, actions
 */
import type { Rule } from "../../slowpath/tables/rule.ts";
import { writeInstructions } from "../actions/instructions.ts";
import { writeMatch, writeMatchList } from "../fields/match.ts";
import { writeOxmMatch } from "../fields/oxm-match.ts";
import { OF10, OF13, OF14, OF15 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, type MessageContext, multipart, niciraMultipart } from "./definition.ts";
import { flagBits } from "./flow-mod.ts";
import { type FlowQuery, readFlowQuery, readNiciraFlowQuery } from "./flow-query.ts";
import { writeDuration, writeStatistics } from "./statistics.ts";

export interface FlowRequest {
  readonly type: "flow_request";
  readonly query: FlowQuery;
}
export interface NiciraFlowRequest {
  readonly type: "nx_flow_request";
  readonly query: FlowQuery;
}

export interface FlowEntry {
  readonly rule: Rule;
  /** Milliseconds since it was made. */
  readonly duration: number;
  /** Seconds since its last packet, and since it was changed. */
  readonly idleAge: number;
  readonly hardAge: number;
}

export interface FlowReply {
  readonly type: "flow_reply";
  readonly entries: readonly FlowEntry[];
}
export interface NiciraFlowReply {
  readonly type: "nx_flow_reply";
  readonly entries: readonly FlowEntry[];
}

/** On the wire: seconds plus one, 0 for "unknown". */
function age(seconds: number): number {
  return Math.min(0xffff, seconds + 1);
}

function writeTimeouts(writer: Writer, { priority, idleTimeout, hardTimeout }: Rule): void {
  writer.u16(priority);
  writer.u16(idleTimeout);
  writer.u16(hardTimeout);
}

function writeCounters(writer: Writer, { cookie, statistics }: Rule): void {
  writer.u64(cookie);
  writer.u64(statistics.packets);
  writer.u64(statistics.bytes);
}

function write10(writer: Writer, { rule, duration }: FlowEntry): void {
  writer.u8(rule.table);
  writer.zeros(1);
  writeMatch(writer, rule.match, OF10);
  writeDuration(writer, duration);
  writeTimeouts(writer, rule);
  writer.zeros(6);
  writeCounters(writer, rule);
}

function write11(writer: Writer, { rule, duration }: FlowEntry, { version }: MessageContext): void {
  writer.u8(rule.table);
  writer.zeros(1);
  writeDuration(writer, duration);
  writeTimeouts(writer, rule);
  writer.u16(version >= OF13 ? flagBits(rule.flags, version) : 0);
  writer.u16(version >= OF14 ? rule.importance : 0);
  writer.zeros(2);
  writeCounters(writer, rule);
  writeMatchList(writer, rule.match, version);
}

function write15(writer: Writer, { rule, duration, idleAge }: FlowEntry, { version }: MessageContext): void {
  writer.zeros(2);
  writer.u8(rule.table);
  writer.zeros(1);
  writeTimeouts(writer, rule);
  writer.u16(flagBits(rule.flags, version));
  writer.u16(rule.importance);
  writer.u64(rule.cookie);
  writeMatch(writer, rule.match, version);
  const { packets, bytes } = rule.statistics;
  writeStatistics(writer, { duration, idleAge, packets, bytes });
}

function writeEntry(writer: Writer, entry: FlowEntry, context: MessageContext): void {
  const from = writer.length;
  const { rule } = entry;
  writer.u16(0);
  if (context.version === OF10) write10(writer, entry);
  else if (context.version >= OF15) write15(writer, entry, context);
  else write11(writer, entry, context);
  writeInstructions(writer, rule.actions, context, rule.match);
  writer.patchU16(from, writer.length - from);
}

function writeNicira(writer: Writer, entry: FlowEntry, context: MessageContext): void {
  const from = writer.length;
  const { rule, duration, idleAge, hardAge } = entry;
  writer.u16(0);
  writer.u8(rule.table);
  writer.zeros(1);
  writeDuration(writer, duration);
  writeTimeouts(writer, rule);
  const lengthAt = writer.length;
  writer.u16(0);
  writer.u16(age(idleAge));
  writer.u16(age(hardAge));
  writeCounters(writer, rule);
  const matchFrom = writer.length;
  writeOxmMatch(writer, rule.match, "nxm");
  writer.patchU16(lengthAt, writer.length - matchFrom);
  writer.pad(matchFrom);
  writeInstructions(writer, rule.actions, context, rule.match);
  writer.patchU16(from, writer.length - from);
}

export const flowRequest: MessageCodec<FlowRequest> = {
  type: "flow_request",
  places: [multipart("request", "1.0+", 1)],
  read: (body, context) => ({ type: "flow_request", query: readFlowQuery(body, context) }),
};

export const niciraFlowRequest: MessageCodec<NiciraFlowRequest> = {
  type: "nx_flow_request",
  places: [niciraMultipart("request", "1.0", 0)],
  read: (body, context) => ({ type: "nx_flow_request", query: readNiciraFlowQuery(body, context) }),
};

export const flowReply: MessageCodec<FlowReply> = {
  type: "flow_reply",
  places: [multipart("reply", "1.0+", 1)],
  entries: { of: ({ entries }) => entries, write: writeEntry },
};

export const niciraFlowReply: MessageCodec<NiciraFlowReply> = {
  type: "nx_flow_reply",
  places: [niciraMultipart("reply", "1.0", 0)],
  entries: { of: ({ entries }) => entries, write: writeNicira },
};
