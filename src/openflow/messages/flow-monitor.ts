/**
 * Flow monitors: a controller is told of every change of the rules that it asks about. OpenFlow's from 1.4 on, ONF's in 1.3, Nicira's before.
 *
 *     1.4+:   id u32, out_port u32, out_group u32, flags u16, table u8, command u8, match
 *     1.3:    id u32, flags u16, match length u16, out_port u32, table u8, pad 3, match
 *     before: id u32, flags u16, out_port u16, match length u16, table u8, pad 5, fields
 */
import { PORT_NONE } from "../../slowpath/flow/port-text.ts";
import type { Rule } from "../../slowpath/tables/rule.ts";
import { writeInstructions } from "../actions/instructions.ts";
import { writeActions } from "../actions/list.ts";
import { readMatch, writeMatch } from "../fields/match.ts";
import { readOxmMatch, writeOxmMatch } from "../fields/oxm-match.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32 } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import { OF13, OF14, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import {
  emptyMessage,
  type MessageCodec,
  type MessageContext,
  multipart,
  niciraMessage,
  niciraMultipart,
  onfMessage,
  onfMultipart,
} from "./definition.ts";
import { type RemovalReason, removalReasonNumber } from "./flow-removed.ts";

export interface FlowMonitor {
  readonly id: number;
  readonly command: "add" | "modify" | "delete";
  readonly initial: boolean;
  readonly added: boolean;
  readonly removed: boolean;
  readonly modified: boolean;
  /** Updates tell what the rules do. */
  readonly instructions: boolean;
  /** The controller's own changes are told in full, not by their transaction id. */
  readonly noAbbreviation: boolean;
  readonly table: number;
  readonly match: Rule["match"];
  readonly outPort?: number;
  readonly outGroup?: number;
}

export interface FlowMonitorRequest {
  readonly type: "flow_monitor_request";
  readonly monitors: readonly FlowMonitor[];
}
export interface FlowMonitorCancel {
  readonly type: "flow_monitor_cancel";
  readonly id: number;
}
export interface FlowMonitorPaused {
  readonly type: "flow_monitor_paused";
}
export interface FlowMonitorResumed {
  readonly type: "flow_monitor_resumed";
}

export type FlowUpdate =
  | {
      readonly event: "initial" | "added" | "removed" | "modified";
      readonly rule: Rule;
      readonly reason?: RemovalReason;
      readonly instructions: boolean;
    }
  | { readonly event: "abbreviated"; readonly xid: number }
  | { readonly event: "paused" | "resumed" };

export interface FlowMonitorReply {
  readonly type: "flow_monitor_reply";
  readonly entries: readonly FlowUpdate[];
}

const GROUP_ANY = 0xffff_ffff;
const commands: readonly FlowMonitor["command"][] = ["add", "modify", "delete"];
const INITIAL = 1 << 0;
const ADDED = 1 << 1;
const REMOVED = 1 << 2;
const MODIFIED = 1 << 3;
const INSTRUCTIONS = 1 << 4;
/** OVS and its tools take "only own changes" for "own changes too, in full", which Nicira's flag of that place means. */
const NO_ABBREVIATION = 1 << 5;
const ONLY_OWN = 1 << 6;
const FULL_BYTES = 24;
const SHORT_BYTES = 8;

/** By their number from 1.4 on, and before. */
const events: readonly FlowUpdate["event"][] = [
  "initial",
  "added",
  "removed",
  "modified",
  "abbreviated",
  "paused",
  "resumed",
];
const earlyEvents: Readonly<Record<FlowUpdate["event"], number>> = {
  initial: 0,
  added: 0,
  removed: 1,
  modified: 2,
  abbreviated: 3,
  paused: 3,
  resumed: 3,
};

function readFlags(bits: number): Omit<FlowMonitor, "id" | "command" | "table" | "match"> {
  const known = INITIAL | ADDED | REMOVED | MODIFIED | INSTRUCTIONS | NO_ABBREVIATION | ONLY_OWN;
  if (bits & ~known || !(bits & (ADDED | REMOVED | MODIFIED))) {
    throw new OpenFlowError("OFPMOFC_BAD_FLAGS", `monitor flags 0x${bits.toString(16)}`);
  }
  return {
    initial: (bits & INITIAL) !== 0,
    added: (bits & ADDED) !== 0,
    removed: (bits & REMOVED) !== 0,
    modified: (bits & MODIFIED) !== 0,
    instructions: (bits & INSTRUCTIONS) !== 0,
    noAbbreviation: (bits & (NO_ABBREVIATION | ONLY_OWN)) !== 0,
  };
}

const noFlags = readFlags(ADDED);

function read14(body: Reader, context: WireContext): FlowMonitor {
  const id = body.u32();
  const outPort = portFrom32(body.u32());
  const outGroup = body.u32();
  const flags = body.u16();
  const table = body.u8();
  const command = commands[body.u8()];
  if (!command) throw new OpenFlowError("OFPMOFC_BAD_COMMAND", "an unknown monitor command");
  const wants = command === "delete" ? noFlags : readFlags(flags);
  const match = readMatch(body, context);
  return {
    id,
    command,
    table,
    match,
    ...wants,
    ...(outPort !== PORT_NONE && { outPort }),
    ...(outGroup !== GROUP_ANY && { outGroup }),
  };
}

function read13(body: Reader, context: WireContext): FlowMonitor {
  const id = body.u32();
  const flags = readFlags(body.u16());
  body.skip(2);
  const outPort = portFrom32(body.u32());
  const table = body.u8();
  body.skip(3);
  const match = readMatch(body, context);
  return { id, command: "add", table, match, ...flags, ...(outPort !== PORT_NONE && { outPort }) };
}

function readEarly(body: Reader, context: WireContext): FlowMonitor {
  const id = body.u32();
  const flags = readFlags(body.u16());
  const outPort = body.u16();
  const length = body.u16();
  const table = body.u8();
  body.zeros(5, "NXBRC_MUST_BE_ZERO");
  const fields = body.part(Math.ceil(length / 8) * 8).part(length);
  const { match } = readOxmMatch(fields, context);
  return { id, command: "add", table, match, ...flags, ...(outPort !== PORT_NONE && { outPort }) };
}

export const flowMonitorRequest: MessageCodec<FlowMonitorRequest> = {
  type: "flow_monitor_request",
  places: [
    multipart("request", "1.4+", 16),
    onfMultipart("request", "1.3", 1870),
    niciraMultipart("request", "1.0-1.2", 2),
  ],
  read(body, context) {
    const { version } = context;
    const readOne = version >= OF14 ? read14 : version === OF13 ? read13 : readEarly;
    const monitors: FlowMonitor[] = [];
    while (!body.isEmpty) monitors.push(readOne(body, context));
    return { type: "flow_monitor_request", monitors };
  },
};

function writeRule14(writer: Writer, rule: Rule, reason: number): void {
  writer.u8(rule.table);
  writer.u8(reason);
  writer.u16(rule.idleTimeout);
  writer.u16(rule.hardTimeout);
  writer.u16(rule.priority);
  writer.zeros(4);
  writer.u64(rule.cookie);
}

/** @returns where the match's length belongs */
function writeRuleEarly(writer: Writer, rule: Rule, reason: number): number {
  writer.u16(reason);
  writer.u16(rule.priority);
  writer.u16(rule.idleTimeout);
  writer.u16(rule.hardTimeout);
  const lengthAt = writer.length;
  writer.u16(0);
  writer.u8(rule.table);
  writer.zeros(1);
  writer.u64(rule.cookie);
  return lengthAt;
}

function writeFull(
  writer: Writer,
  update: Extract<FlowUpdate, { rule: Rule }>,
  version: Version,
  context: MessageContext,
): void {
  const { rule, reason, instructions } = update;
  const number = reason ? removalReasonNumber(reason, version) : 0;
  if (version >= OF14) {
    writeRule14(writer, rule, number);
    writeMatch(writer, rule.match, version);
  } else {
    const lengthAt = writeRuleEarly(writer, rule, number);
    const from = writer.length;
    if (version === OF13) writeMatch(writer, rule.match, version);
    else writeOxmMatch(writer, rule.match, "nxm");
    writer.patchU16(lengthAt, writer.length - from);
    writer.pad(from);
  }
  // Before 1.3 what follows are plain actions.
  const write = version < OF13 ? writeActions : writeInstructions;
  if (instructions) write(writer, rule.actions, context, rule.match);
}

export const flowMonitorReply: MessageCodec<FlowMonitorReply> = {
  type: "flow_monitor_reply",
  places: [multipart("reply", "1.4+", 16), onfMultipart("reply", "1.3", 1870), niciraMultipart("reply", "1.0-1.2", 2)],
  entries: {
    of: ({ entries }) => entries,
    write(writer, update: FlowUpdate, context) {
      const { version } = context;
      const from = writer.length;
      writer.u16(0);
      writer.u16(version >= OF14 ? events.indexOf(update.event) : earlyEvents[update.event]);
      if ("rule" in update) writeFull(writer, update, version, context);
      else writer.u32("xid" in update ? update.xid : 0);
      writer.patchU16(from, Math.max(writer.length - from, "rule" in update ? FULL_BYTES : SHORT_BYTES));
    },
  },
};

export const flowMonitorCancel: MessageCodec<FlowMonitorCancel> = {
  type: "flow_monitor_cancel",
  places: [onfMessage("1.3", 1870), niciraMessage("1.0-1.2", 21)],
  read: (body) => ({ type: "flow_monitor_cancel", id: body.u32() }),
};

export const flowMonitorPaused = emptyMessage<FlowMonitorPaused>({ type: "flow_monitor_paused" }, [
  onfMessage("1.3", 1871),
  niciraMessage("1.0-1.2", 22),
]);

export const flowMonitorResumed = emptyMessage<FlowMonitorResumed>({ type: "flow_monitor_resumed" }, [
  onfMessage("1.3", 1872),
  niciraMessage("1.0-1.2", 23),
]);
