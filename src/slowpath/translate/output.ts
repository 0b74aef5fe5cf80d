/** Output: to one port, to several, to the other end of a patch, to the controller, to nowhere. */
import { KEY_IN_PORT } from "../../../assembly/layout/key.ts";
import type { OfPort } from "../actions/action.ts";
import type { Place } from "../actions/definition.ts";
import { getPacketType, PACKET_TYPE_ETHERNET } from "../flow/packet-type.ts";
import {
  formatPort,
  PORT_ALL,
  PORT_CONTROLLER,
  PORT_FLOOD,
  PORT_IN_PORT,
  PORT_NONE,
  PORT_NORMAL,
  PORT_TABLE,
} from "../flow/port-text.ts";
import type { BridgePort } from "./bridge.ts";
import type { TranslationContext } from "./context.ts";
import { forwardNormally } from "./normal.ts";
import { outputToPatch } from "./patch.ts";
import { resubmitTo } from "./resubmit.ts";
import { outputToTunnel } from "./tunnel.ts";

export function inPortOf(flow: Uint8Array): OfPort {
  return (flow[KEY_IN_PORT + 2] << 8) | flow[KEY_IN_PORT + 3];
}

/** Sends by a port, whatever the in_port. */
export function outputToPort(context: TranslationContext, number: OfPort, last: boolean): void {
  const port = context.port(number);
  if (!port) {
    context.report("warning", "Nonexistent output port");
  } else if (port.noForward || port.down) {
    context.report("detail", "OFPPC_NO_FWD set, skipping output");
  } else if (getPacketType(context.flow) !== PACKET_TYPE_ETHERNET) {
    context.report("warning", "Trying to send non-Ethernet packet through legacy L2 port. Dropping packet.");
  } else if (port.peer) {
    outputToPatch(context, port.peer, last);
  } else if (port.tunnel) {
    outputToTunnel(context, port, port.tunnel);
  } else if (port.datapathPort !== undefined) {
    context.commit();
    context.actions.push({ type: "output", port: port.datapathPort });
  }
}

/** All ports but the in_port; FLOOD leaves out those that say no-flood. */
function flood(context: TranslationContext, all: boolean, last: boolean): void {
  const own = inPortOf(context.flow);
  let previous: BridgePort | undefined;
  context.wantsPorts = true;
  for (const port of context.bridge.ports()) {
    if (port.number === own || (!all && port.noFlood)) continue;
    if (previous) outputToPort(context, previous.number, false);
    previous = port;
  }
  if (previous) outputToPort(context, previous.number, last);
}

function reasonFor(context: TranslationContext, inBucket: boolean): "packet_out" | "group" | "action_set" | "action" {
  if (context.input.packetOut) return "packet_out";
  if (inBucket) return "group";
  return context.inActionSet ? "action_set" : "action";
}

/** The output action: any OpenFlow port number, reserved ones included. */
export function outputTo(
  context: TranslationContext,
  port: OfPort,
  maxLength: number,
  place: Pick<Place, "last" | "inBucket">,
): void {
  const { last, inBucket } = place;
  switch (port) {
    case PORT_IN_PORT:
      outputToPort(context, inPortOf(context.flow), last);
      break;
    case PORT_TABLE:
      resubmitTo(context, { table: 0, last: false, missesCount: true });
      break;
    case PORT_NORMAL:
      forwardNormally(context, last);
      break;
    case PORT_FLOOD:
      flood(context, false, last);
      break;
    case PORT_ALL:
      flood(context, true, last);
      break;
    case PORT_CONTROLLER: {
      const reason = reasonFor(context, inBucket);
      context.sendToController({ type: "controller", maxLength, controllerId: 0, reason, pause: false });
      break;
    }
    case PORT_NONE:
      break;
    default:
      if (port !== inPortOf(context.flow)) outputToPort(context, port, last);
      else context.report("error", "skipping output to input port");
  }
}

/** output(port=…,max_len=…): the packet's first bytes only. */
export function outputTruncated(context: TranslationContext, port: OfPort, maxLength: number, place: Place): void {
  switch (port) {
    case PORT_TABLE:
    case PORT_NORMAL:
    case PORT_FLOOD:
    case PORT_ALL:
    case PORT_CONTROLLER:
    case PORT_NONE:
      context.report("warning", `output_trunc does not support port: ${formatPort(port)}`);
      return;
  }
  const own = inPortOf(context.flow);
  if (port === own) {
    context.report("error", "skipping output to input port");
    return;
  }
  const number = port === PORT_IN_PORT ? own : port;
  const target = context.port(number);
  if (target?.datapathPort === undefined || target.peer) {
    context.report("error", `output_trunc does not support patch port ${formatPort(number)}`);
    return;
  }
  if (target.noForward || target.down) {
    context.report("detail", "OFPPC_NO_FWD set, skipping output");
    return;
  }
  // The truncation is for the very next output: everything pending must come before it.
  context.commit();
  context.needs("trunc");
  context.actions.push({ type: "trunc", length: maxLength });
  outputToPort(context, number, place.last);
}
