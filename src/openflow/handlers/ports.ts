/** Requests about ports and their queues. */
import { UNCOUNTED } from "../../fastpath/datapath.ts";
import { PORT_ALL, PORT_LOCAL, PORT_NONE } from "../../slowpath/flow/port-text.ts";
import type { SwitchPort } from "../../slowpath/switch.ts";
import type { PortCounters } from "../messages/port-statistics.ts";
import { QUEUE_ALL, type Queue } from "../messages/queue-statistics.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import { portAddress } from "../server/port-descriptions.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";
import { VISIBLE_TABLES } from "./tables.ts";

/** The bridge's own port first, the others by number: as OVS lists them. */
function portsOf({ bridge }: BridgeAgent): SwitchPort[] {
  const ports = bridge.ports();
  return [
    ...ports.filter(({ number }) => number === PORT_LOCAL),
    ...ports.filter(({ number }) => number !== PORT_LOCAL),
  ];
}

/** One port, or all. @throws OpenFlowError when there is no such port */
function wanted(agent: BridgeAgent, number: number, code: ErrorCode): SwitchPort[] {
  if (number === PORT_NONE || number === PORT_ALL) return portsOf(agent);
  const port = agent.bridge.port(number);
  if (!port) throw new OpenFlowError(code, `port ${number} does not exist`);
  return [port];
}

export function features({ session, agent, envelope }: Request<MessageOf<"features_request">>): void {
  session.reply(envelope, {
    type: "features_reply",
    datapathId: agent.bridge.datapathId,
    tables: VISIBLE_TABLES,
    ports: portsOf(agent).map((port) => agent.describePort(port)),
  });
}

export function portDescriptions({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"port_description_request">>): void {
  const { port = PORT_NONE } = message;
  const ports = port === PORT_NONE || port === PORT_ALL ? portsOf(agent) : [agent.bridge.port(port)];
  session.reply(envelope, {
    type: "port_description_reply",
    entries: ports.flatMap((one) => (one ? [agent.describePort(one)] : [])),
  });
}

function countersOf(agent: BridgeAgent, port: SwitchPort): PortCounters {
  const counted = agent.switch.ports.statistics(port);
  const { rxPackets, txPackets, rxBytes, txBytes, rxDropped, txDropped, rxErrors, txErrors } = counted ?? nothing;
  return {
    port: port.number,
    duration: agent.portAge(port),
    rxPackets,
    txPackets,
    rxBytes,
    txBytes,
    rxDropped,
    txDropped,
    rxErrors,
    txErrors,
  };
}

/** Of ports without a device. */
const nothing = {
  rxPackets: UNCOUNTED,
  txPackets: UNCOUNTED,
  rxBytes: UNCOUNTED,
  txBytes: UNCOUNTED,
  rxDropped: UNCOUNTED,
  txDropped: UNCOUNTED,
  rxErrors: UNCOUNTED,
  txErrors: UNCOUNTED,
};

export function portStatistics({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"port_statistics_request">>): void {
  const { port } = message;
  const one = agent.bridge.port(port);
  const ports = port === PORT_NONE ? portsOf(agent) : one ? [one] : [];
  session.reply(envelope, { type: "port_statistics_reply", entries: ports.map((each) => countersOf(agent, each)) });
}

function applyConfig({ agent, session, message }: Request<MessageOf<"port_mod">>, port: SwitchPort): void {
  const { config, mask } = message;
  const names = ["down", "noReceive", "noForward", "noFlood", "noPacketIn"] as const;
  const settings = Object.fromEntries(
    names.map((name) => [name, mask[name] ? config[name] : (port[name] ?? false)]),
  ) as Record<(typeof names)[number], boolean>;
  const isSame = names.every((name) => settings[name] === (port[name] ?? false));
  if (!isSame) agent.setPort(port, settings, session);
}

export function portMod(request: Request<MessageOf<"port_mod">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  const port = agent.bridge.port(message.port);
  if (!port) throw new OpenFlowError("OFPPMFC_BAD_PORT", `port ${message.port} does not exist`);
  if (Buffer.compare(portAddress(port), message.address) !== 0) {
    throw new OpenFlowError("OFPPMFC_BAD_HW_ADDR", `port ${message.port} has another address`);
  }
  applyConfig(request, port);
}

/** Every port has one queue, number 0. */
function queuesOf(agent: BridgeAgent, port: number, queue: number): Queue[] {
  const ports = wanted(agent, port, "OFPQOFC_BAD_PORT");
  if (queue !== QUEUE_ALL && queue !== 0) throw new OpenFlowError("OFPQOFC_BAD_QUEUE", `queue ${queue} does not exist`);
  return ports.map(({ number }) => ({ port: number, queue: 0 }));
}

export function queueStatistics({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"queue_statistics_request">>): void {
  const entries = queuesOf(agent, message.port, message.queue);
  session.reply(envelope, { type: "queue_statistics_reply", entries });
}

export function queueDescriptions({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"queue_description_request">>): void {
  const entries = queuesOf(agent, message.port, message.queue);
  session.reply(envelope, { type: "queue_description_reply", entries });
}

export function queueConfig({ session, agent, envelope, message }: Request<MessageOf<"queue_config_request">>): void {
  const { port } = message;
  session.reply(envelope, { type: "queue_config_reply", port, queues: queuesOf(agent, port, QUEUE_ALL) });
}
