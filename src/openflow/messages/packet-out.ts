/**
 * PACKET_OUT: a frame and what to do with it.
 *
 *     1.0:     buffer u32, in_port u16, actions' length u16, actions, frame
 *     1.1–1.4: buffer u32, in_port u32, actions' length u16, pad 6, actions, frame
 *     1.5:     buffer u32, actions' length u16, pad u16, match (pipeline fields), actions, frame
 */
import type { Action } from "../../slowpath/actions/action.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, getNumber, isZero } from "../../slowpath/flow/flow.ts";
import { createMatch, setMatch } from "../../slowpath/flow/match.ts";
import { PORT_CONTROLLER, PORT_LOCAL, PORT_MAX, PORT_NONE } from "../../slowpath/flow/port-text.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { checkActions } from "../actions/check.ts";
import { readActions, writeActions } from "../actions/list.ts";
import { readMatch, writeMatch } from "../fields/match.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { portTo32, readPort } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, message } from "./definition.ts";

export interface PacketOut {
  readonly type: "packet_out";
  /** NO_BUFFER (flow-mod.ts), or a packet the switch keeps. */
  readonly buffer: number;
  /** in_port, and in 1.5 other pipeline fields. */
  readonly metadata: Match;
  readonly actions: readonly Action[];
  readonly frame: Uint8Array;
}

const inPort = field("in_port");

function matchOfPort(port: number): Match {
  const match = createMatch();
  setMatch(match, inPort, bytesOfValue(inPort, BigInt(port)));
  return match;
}

function portOf(body: Reader, version: Version): number {
  try {
    return readPort(body, version);
  } catch {
    throw new OpenFlowError("OFPBRC_BAD_PORT", "a packet-out from a port that cannot be");
  }
}

/** A packet comes from a port, from the controller, or from nowhere. */
function checkInPort(match: Match): void {
  const port = getNumber(match.value, inPort);
  const reserved = port >= PORT_MAX && port !== PORT_LOCAL && port !== PORT_CONTROLLER && port !== PORT_NONE;
  if (isZero(match.mask.subarray(inPort.offset, inPort.offset + inPort.bytes)) || reserved) {
    throw new OpenFlowError("OFPBRC_BAD_PORT", `a packet-out from port ${port}`);
  }
}

function readActionList(body: Reader, context: WireContext): Action[] {
  const actions = readActions(body, context);
  checkActions(actions);
  return actions;
}

function write15(writer: Writer, { metadata, actions }: PacketOut, context: WireContext): void {
  const lengthAt = writer.length;
  writer.zeros(4);
  writeMatch(writer, metadata, context.version);
  const from = writer.length;
  writeActions(writer, actions, context);
  writer.patchU16(lengthAt, writer.length - from);
}

function writeEarlier(writer: Writer, { metadata, actions }: PacketOut, context: WireContext): void {
  const port = getNumber(metadata.value, inPort);
  if (context.version === OF10) writer.u16(port);
  else writer.u32(portTo32(port));
  const lengthAt = writer.length;
  writer.zeros(context.version === OF10 ? 2 : 8);
  const from = writer.length;
  writeActions(writer, actions, context);
  writer.patchU16(lengthAt, writer.length - from);
}

export const packetOut: MessageCodec<PacketOut> = {
  type: "packet_out",
  places: [message("1.0+", 13)],
  read(body, context) {
    const { version } = context;
    const buffer = body.u32();
    const port = version < OF15 ? portOf(body, version) : undefined;
    const length = body.u16();
    if (version !== OF10) body.skip(version < OF15 ? 6 : 2);
    const metadata = port === undefined ? readMatch(body, context) : matchOfPort(port);
    checkInPort(metadata);
    const actions = readActionList(body.part(length), context);
    return { type: "packet_out", buffer, metadata, actions, frame: body.rest().slice() };
  },
  write(writer, packet, context) {
    writer.u32(packet.buffer);
    if (context.version < OF15) writeEarlier(writer, packet, context);
    else write15(writer, packet, context);
    writer.bytes(packet.frame);
  },
};
