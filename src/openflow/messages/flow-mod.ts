/**
 * FLOW_MOD, and Nicira's of OpenFlow 1.0 with a list of fields for a match.
 *
 *     1.0:  match (40), cookie u64, command u16, idle u16, hard u16, priority u16, buffer u32, out_port u16, flags u16, actions
 *     1.1+: cookie u64, mask u64, table u8, command u8, idle u16, hard u16, priority u16, buffer u32, out_port u32, out_group u32,
 *           flags u16, importance u16 (1.4+), match, instructions
 */
import { PORT_NONE } from "../../slowpath/flow/port-text.ts";
import { ALL_TABLES, type FlowMod } from "../../slowpath/tables/modification.ts";
import type { RuleFlags } from "../../slowpath/tables/rule.ts";
import { checkActions, checkActionsFor } from "../actions/check.ts";
import { readInstructions, writeInstructions } from "../actions/instructions.ts";
import { readMatch, writeMatch } from "../fields/match.ts";
import { readOxmMatch, writeOxmMatch } from "../fields/oxm-match.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32, portTo32 } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF11, OF12, OF13, OF14, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, message, niciraMessage } from "./definition.ts";

export interface FlowModMessage {
  readonly type: "flow_mod";
  readonly mod: FlowMod;
  /** NO_BUFFER, or a packet that the switch keeps; ours keeps none. */
  readonly buffer: number;
}

export interface NiciraFlowMod {
  readonly type: "nx_flow_mod";
  readonly mod: FlowMod;
  readonly buffer: number;
}

export const NO_BUFFER = 0xffff_ffff;
const GROUP_ANY = 0xffff_ffff;
const commands: readonly FlowMod["command"][] = ["add", "modify", "modify_strict", "delete", "delete_strict"];
const MATCH10_BYTES = 40;
const EXACT_PRIORITY = 0xffff;
const NEW_COOKIE_NONE = 2n ** 64n - 1n;

const SEND_FLOW_REMOVED = 1 << 0;
const CHECK_OVERLAP = 1 << 1;
/** Emergency flows in 1.0. */
const EMERGENCY_OR_RESET = 1 << 2;
const NO_PACKET_COUNTS = 1 << 3;
const NO_BYTE_COUNTS = 1 << 4;

function readFlags(bits: number, version: Version, isAdd: boolean): RuleFlags {
  let known = SEND_FLOW_REMOVED | CHECK_OVERLAP;
  if (version !== OF11) known |= EMERGENCY_OR_RESET;
  if (version >= OF13) known |= NO_PACKET_COUNTS | NO_BYTE_COUNTS;
  if (bits & ~known) throw new OpenFlowError("OFPFMFC_BAD_FLAGS", `flags 0x${bits.toString(16)}`);
  return {
    sendFlowRem: (bits & SEND_FLOW_REMOVED) !== 0,
    checkOverlap: (bits & CHECK_OVERLAP) !== 0,
    // Before 1.2 an addition always does, and nothing else ever.
    resetCounts: version <= OF11 ? isAdd : (bits & EMERGENCY_OR_RESET) !== 0,
    noPacketCounts: (bits & NO_PACKET_COUNTS) !== 0,
    noByteCounts: (bits & NO_BYTE_COUNTS) !== 0,
    hidden: false,
    readonlyTable: false,
  };
}

export function flagBits(flags: RuleFlags, version: Version): number {
  let bits = flags.sendFlowRem ? SEND_FLOW_REMOVED : 0;
  if (flags.checkOverlap) bits |= CHECK_OVERLAP;
  if (flags.resetCounts && version >= OF12) bits |= EMERGENCY_OR_RESET;
  if (flags.noPacketCounts && version >= OF13) bits |= NO_PACKET_COUNTS;
  if (flags.noByteCounts && version >= OF13) bits |= NO_BYTE_COUNTS;
  return bits;
}

function commandOf(number: number): FlowMod["command"] {
  const command = commands[number];
  if (!command) throw new OpenFlowError("OFPFMFC_BAD_COMMAND", `flow mod command ${number}`);
  return command;
}

function finish(mod: FlowMod, version: Version): FlowMod {
  checkActions(mod.actions);
  checkActionsFor(mod.actions, mod.match, version, mod.table);
  return mod;
}

/** What 1.0's two forms have in common after match and cookie. */
interface Body10 {
  readonly command: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly priority: number;
  readonly buffer: number;
  readonly outPort: number;
  readonly flags: number;
}

function readBody10(body: Reader): Body10 {
  return {
    command: body.u16(),
    idleTimeout: body.u16(),
    hardTimeout: body.u16(),
    priority: body.u16(),
    buffer: body.u32(),
    outPort: body.u16(),
    flags: body.u16(),
  };
}

function refuseEmergency(flags: number, { idleTimeout, hardTimeout }: Body10): void {
  if (!(flags & EMERGENCY_OR_RESET)) return;
  const code = idleTimeout || hardTimeout ? "OFPFMFC_BAD_EMERG_TIMEOUT" : "OFPFMFC_TABLE_FULL";
  throw new OpenFlowError(code, "there is no emergency flow table");
}

function mod10(
  body: Body10,
  match: FlowMod["match"],
  cookies: { newCookie: bigint; cookie: bigint; cookieMask: bigint },
  actions: FlowMod["actions"],
  context: WireContext,
): FlowMod {
  const number = context.tableInCommand ? body.command & 0xff : body.command;
  const command = commandOf(number);
  const { newCookie, cookie, cookieMask } = cookies;
  refuseEmergency(body.flags, body);
  const keepsCookie = newCookie === NEW_COOKIE_NONE && command !== "add";
  return finish(
    {
      kind: "flow",
      command,
      table: context.tableInCommand ? body.command >> 8 : ALL_TABLES,
      priority: body.priority,
      match,
      cookie,
      cookieMask,
      ...(!keepsCookie && !command.startsWith("delete") && { newCookie }),
      ...(command.startsWith("modify") && cookieMask === 0n && !keepsCookie && { addIfMissing: { cookie: newCookie } }),
      idleTimeout: body.idleTimeout,
      hardTimeout: body.hardTimeout,
      importance: 0,
      flags: readFlags(body.flags, OF10, command === "add"),
      actions,
      ...(body.outPort !== PORT_NONE && command.startsWith("delete") && { outPort: body.outPort }),
    },
    OF10,
  );
}

function read10(body: Reader, context: WireContext): FlowModMessage {
  const matchBody = body.part(MATCH10_BYTES);
  const isExact = (matchBody.peekU16(2) | ((matchBody.peekU16(0) << 16) & 0x3f_ffff)) === 0;
  const match = readMatch(matchBody, context);
  const cookies = { newCookie: body.u64(), cookie: 0n, cookieMask: 0n };
  const head = readBody10(body);
  const fixed = isExact ? { ...head, priority: EXACT_PRIORITY } : head;
  const mod = mod10(fixed, match, cookies, readInstructions(body, context), context);
  return { type: "flow_mod", mod, buffer: head.buffer };
}

function read11(body: Reader, context: WireContext): FlowModMessage {
  const { version } = context;
  const cookie = body.u64();
  const cookieMask = body.u64();
  const table = body.u8();
  const command = commandOf(body.u8());
  const idleTimeout = body.u16();
  const hardTimeout = body.u16();
  const priority = body.u16();
  const buffer = body.u32();
  const outPort = portFrom32(body.u32());
  const outGroup = body.u32();
  const flags = body.u16();
  const importance = body.u16();
  const match = readMatch(body, context);
  const isDelete = command.startsWith("delete");
  if (table === ALL_TABLES && (version === OF11 || !isDelete)) {
    throw new OpenFlowError("OFPFMFC_BAD_TABLE_ID", "a flow mod for all tables");
  }
  // 1.1's modifications without a condition on cookies add what is missing; the cookie is for that alone.
  const adds = version === OF11 && command.startsWith("modify") && cookieMask === 0n;
  const mod: FlowMod = {
    kind: "flow",
    command,
    table,
    priority,
    match,
    cookie: adds || command === "add" ? 0n : cookie,
    cookieMask: adds || command === "add" ? 0n : cookieMask,
    ...(command === "add" && { newCookie: cookie }),
    ...(adds && { addIfMissing: { cookie } }),
    idleTimeout,
    hardTimeout,
    importance: version >= OF14 && command === "add" ? importance : 0,
    flags: readFlags(flags, version, command === "add"),
    actions: readInstructions(body, context),
    ...(isDelete && outPort !== PORT_NONE && { outPort }),
    ...(isDelete && outGroup !== GROUP_ANY && { outGroup }),
  };
  return { type: "flow_mod", mod: finish(mod, version), buffer };
}

export const flowMod: MessageCodec<FlowModMessage> = {
  type: "flow_mod",
  places: [message("1.0+", 14)],
  read: (body, context) => (context.version === OF10 ? read10(body, context) : read11(body, context)),
  write(writer, { mod, buffer }, context) {
    const { version } = context;
    if (version === OF10) {
      writeMatch(writer, mod.match, version);
      writer.u64(mod.newCookie ?? NEW_COOKIE_NONE);
      writeBody10(writer, mod, buffer, context);
    } else {
      writer.u64(mod.newCookie ?? mod.addIfMissing?.cookie ?? mod.cookie & mod.cookieMask);
      writer.u64(mod.cookieMask);
      writer.u8(mod.table);
      writer.u8(commands.indexOf(mod.command));
      writer.u16(mod.idleTimeout);
      writer.u16(mod.hardTimeout);
      writer.u16(mod.priority);
      writer.u32(buffer);
      writer.u32(portTo32(mod.outPort ?? PORT_NONE));
      writer.u32(mod.outGroup ?? GROUP_ANY);
      writer.u16(flagBits(mod.flags, version));
      writer.u16(mod.importance);
      writeMatch(writer, mod.match, version);
    }
    writeInstructions(writer, mod.actions, context, mod.match);
  },
};

function writeBody10(writer: Writer, mod: FlowMod, buffer: number, { tableInCommand }: WireContext): void {
  const command = commands.indexOf(mod.command);
  writer.u16(tableInCommand ? (mod.table << 8) | command : command);
  writer.u16(mod.idleTimeout);
  writer.u16(mod.hardTimeout);
  writer.u16(mod.priority);
  writer.u32(buffer);
  writer.u16(mod.outPort ?? PORT_NONE);
  writer.u16(flagBits(mod.flags, OF10));
}

export const niciraFlowMod: MessageCodec<NiciraFlowMod> = {
  type: "nx_flow_mod",
  places: [niciraMessage("1.0+", 13)],
  read(body, context) {
    const newCookie = body.u64();
    const head = readBody10(body);
    const length = body.u16();
    body.skip(6);
    const padded = body.part(Math.ceil(length / 8) * 8, "NXBRC_NXM_INVALID");
    const { match, cookie, cookieMask } = readOxmMatch(padded.part(length), context, { allowCookie: true });
    if ((head.command & 0xff) === 0 && cookieMask) {
      throw new OpenFlowError("NXBRC_NXM_INVALID", "an addition that matches on a cookie");
    }
    const actions = readInstructions(body, { ...context, version: OF10 });
    const mod = mod10(head, match, { newCookie, cookie, cookieMask }, actions, context);
    return { type: "nx_flow_mod", mod, buffer: head.buffer };
  },
  write(writer, { mod, buffer }, context) {
    writer.u64(mod.newCookie ?? NEW_COOKIE_NONE);
    writeBody10(writer, mod, buffer, context);
    const lengthAt = writer.length;
    writer.u16(0);
    writer.zeros(6);
    const from = writer.length;
    writeOxmMatch(writer, mod.match, "nxm", mod.cookie, mod.cookieMask);
    writer.patchU16(lengthAt, writer.length - from);
    writer.pad(from);
    writeInstructions(writer, mod.actions, { ...context, version: OF10 }, mod.match);
  },
};
