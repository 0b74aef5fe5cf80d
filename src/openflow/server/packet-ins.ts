/** Packets for controllers, in the form each of them has asked for. */
import type { PacketIn as SwitchPacketIn } from "../../slowpath/packet-ins.ts";
import { metadataMatch } from "../fields/metadata-match.ts";
import type { Continuation } from "../messages/continuation.ts";
import type { Message } from "../messages/list.ts";
import type { PacketInFields } from "../messages/packet-in.ts";
import { reasonNumber } from "../wire/reasons.ts";
import { wants } from "./async-masks.ts";
import type { BridgeAgent } from "./bridge-agent.ts";
import { finishPartialChecksum } from "./partial-checksum.ts";
import type { Session } from "./session.ts";

/** Frames of several segments do not fit in a message; a beginning does. */
const FRAME_LIMIT = 60_000;
/** The cookie of packets that no rule sent. */
const NO_COOKIE = 2n ** 64n - 1n;

export function tellPacketIn(agent: BridgeAgent, packetIn: SwitchPacketIn): void {
  const { request, frame, vnet } = packetIn;
  const { reason, controllerId } = request;
  const number = reasonNumber(reason);
  const listeners = [...agent.sessions].filter(
    (session) =>
      agent.hears(session) &&
      session.controllerId === controllerId &&
      wants(session.masks, session.role, "packetIn", number),
  );
  if (listeners.length === 0) return;
  finishPartialChecksum(frame, vnet);
  const fields: PacketInFields = {
    reason,
    table: request.table,
    cookie: request.cookie === NO_COOKIE ? undefined : request.cookie,
    frame: frame.subarray(0, FRAME_LIMIT),
    length: frame.length,
    metadata: metadataMatch(request.flow),
  };
  const continuation = request.continuation === undefined ? undefined : continuationOf(agent, request.continuation);
  for (const session of listeners) session.sendAsync(inFormatOf(session, fields, request.userdata, continuation));
}

function inFormatOf(
  session: Session,
  fields: PacketInFields,
  userdata: Uint8Array | undefined,
  continuation: Continuation | undefined,
): Message {
  switch (session.packetInFormat) {
    case "nxt_packet_in2":
      return {
        type: "nx_packet_in2",
        ...fields,
        ...(userdata && { userdata }),
        ...(continuation && { continuation }),
      };
    case "nxt_packet_in":
      return { type: "nx_packet_in", ...fields };
    default:
      return { type: "packet_in", ...fields };
  }
}

function continuationOf(agent: BridgeAgent, id: number): Continuation | undefined {
  const state = agent.switch.recirculation.state(id);
  if (!state) return undefined;
  const { actions, stack, actionSet, conntracked } = state;
  return { bridge: agent.uuid, actions, stack, actionSet, conntracked };
}
