/** Requests about the connection itself: echo, configuration, roles, wishes about messages. */
import type { RoleMessage } from "../messages/role.ts";
import { changeMasks, hasInvalidTtl, shownMasks, withInvalidTtl } from "../server/async-masks.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import { DEFAULT_MISS_SEND_LENGTH, type Session } from "../server/session.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { MessageOf, Request } from "./handler.ts";

export function echo({ session, envelope, message }: Request<MessageOf<"echo_request">>): void {
  session.reply(envelope, { type: "echo_reply", data: message.data });
}

/** Replies and errors of the peer need nothing. */
export function ignore(): void {}

export async function barrier({ session, agent, envelope }: Request<MessageOf<"barrier_request">>): Promise<void> {
  await agent.switch.datapath.barrier();
  session.reply(envelope, { type: "barrier_reply" });
}

export function getConfig({ session, agent, envelope }: Request<MessageOf<"get_config_request">>): void {
  session.reply(envelope, {
    type: "get_config_reply",
    fragments: agent.bridge.fragments,
    invalidTtlToController: hasInvalidTtl(session.masks),
    missSendLength: session.missSendLength,
  });
}

export function setConfig({ session, agent, message }: Request<MessageOf<"set_config">>): void {
  const { fragments, missSendLength, invalidTtlToController } = message;
  const mayChange = session.kind !== "controller" || session.role !== "secondary";
  // Reassembly is conntrack's affair, not a mode of tables.
  if (mayChange && fragments !== "reassemble" && fragments !== agent.bridge.fragments) {
    agent.bridge.fragments = fragments;
    agent.switch.revalidator.everything();
  }
  session.masks = withInvalidTtl(session.masks, invalidTtlToController);
  session.missSendLength = missSendLength;
  agent.listenersChanged();
}

/** @returns false when the election is older than one seen before */
function electedLater(agent: BridgeAgent, generation: bigint): boolean {
  const { generation: known } = agent;
  // Numbers wrap around: the distance tells which is later.
  if (known !== undefined && BigInt.asIntN(64, generation - known) < 0n) return false;
  agent.generation = generation;
  return true;
}

/** There is one primary at most: whoever was it before is secondary now, and is told whatever its masks say, as OVS does. */
function becomePrimary(session: Session, agent: BridgeAgent): void {
  for (const other of agent.sessions) {
    if (other === session || other.role !== "primary") continue;
    other.role = "secondary";
    other.sendAsync({
      type: "role_status",
      role: "secondary",
      generation: agent.generation,
      reason: "primary_request",
    });
  }
}

function changeRole({ session, agent }: Request, { role, generation }: RoleMessage): void {
  if (role === undefined) return;
  if (role !== "equal" && generation !== undefined && !electedLater(agent, generation)) {
    throw new OpenFlowError("OFPRRFC_STALE", `generation ${generation} is older than ${agent.generation}`);
  }
  if (role === "primary") becomePrimary(session, agent);
  session.role = role;
}

export function role(request: Request<MessageOf<"role_request">>): void {
  const { session, agent, envelope, message } = request;
  changeRole(request, message);
  session.reply(envelope, { type: "role_reply", role: session.role, generation: agent.generation });
}

export function niciraRole(request: Request<MessageOf<"nx_role_request">>): void {
  const { session, agent, envelope, message } = request;
  changeRole(request, message);
  session.reply(envelope, { type: "nx_role_reply", role: session.role, generation: agent.generation });
}

export function getAsync({ session, envelope }: Request<MessageOf<"get_async_request">>): void {
  session.reply(envelope, { type: "get_async_reply", masks: shownMasks(session.masks, envelope.version) });
}

export function setAsync({
  session,
  envelope,
  message,
}: Request<MessageOf<"set_async" | "nx_set_async" | "nx_set_async2">>): void {
  session.masks = changeMasks(session.masks, message.change, envelope.version);
  // Whoever says what he wants to hear wants to hear something.
  if (session.kind === "service" && session.missSendLength === 0) session.missSendLength = DEFAULT_MISS_SEND_LENGTH;
  session.agent.listenersChanged();
}

export function setFlowFormat({ session, message }: Request<MessageOf<"nx_set_flow_format">>): void {
  session.usesNxm = message.format !== 0;
}

export function setTableInCommand({ session, message }: Request<MessageOf<"nx_flow_mod_table_id">>): void {
  session.tableInCommand = message.on;
}

export function setPacketInFormat({ session, message }: Request<MessageOf<"nx_set_packet_in_format">>): void {
  session.packetInFormat = message.format;
}

export function setControllerId({ session, message }: Request<MessageOf<"nx_set_controller_id">>): void {
  session.controllerId = message.id;
  session.agent.listenersChanged();
}
