/**
 * What: `ofproto/trace`: follows a packet through the tables and prints what OVS 3.1 prints, recirculations included.
 * Source: the recorded traces; test/slowpath/translate/trace-text.test.ts compares with them line by line.
 * Not handled: nothing is executed here (`onPass` tells the caller what could be), options of the command line.
 */
import {
  CT_STATE_NEW,
  CT_STATE_TRACKED,
  KEY_CT_STATE,
  KEY_CT_ZONE,
  KEY_ETH_TYPE,
  KEY_IPV6_DST,
  KEY_IPV6_SRC,
  KEY_NW_DST,
  KEY_NW_SRC,
  KEY_RECIRC_ID,
  KEY_TP_DST,
  KEY_TP_SRC,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
} from "../../../assembly/layout/key.ts";
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { NatAction } from "../actions/action.ts";
import { formatAddress } from "../flow/address-text.ts";
import { ctStateNames, formatFlags } from "../flow/flag-text.ts";
import { sameBytes } from "../flow/flow.ts";
import { FLOW_ACTSET_OUTPUT } from "../flow/flow-layout.ts";
import { DEFAULT_PRIORITY, formatMatch } from "../flow/match-format.ts";
import type { PortNames } from "../flow/port-text.ts";
import { ETH_TYPE_IPV6 } from "../flow/prerequisites.ts";
import { formatDatapathActions } from "../odp/actions.ts";
import type { DatapathPortNames } from "../odp/port-names.ts";
import { hex } from "../odp/scan.ts";
import type { TunnelOption } from "../odp/tunnel-text.ts";
import { matchOfFlow } from "./flow-match.ts";
import { createTrace, type ForkedPipeline, type TraceKind, type TraceNode } from "./trace.ts";
import { finalFlow, type TranslationInput, translate } from "./translate.ts";
import type { Effect, PacketInRequest, Translation } from "./translation.ts";

export interface TraceRequest extends Omit<TranslationInput, "trace"> {
  /** ct_state that each conntrack recirculation in turn comes back with; then it is trk|new. */
  readonly nextCtStates?: readonly number[];
  /** Ports by name in flows and datapath actions. */
  readonly names?: { readonly ports: PortNames; readonly datapathPorts: DatapathPortNames };
  /** The TLV map. */
  readonly tunnelOptions?: readonly TunnelOption[];
  /** There is a packet, which controllers will get. */
  readonly withPacket?: boolean;
  /** Told of each pass, in order, with the flow it began with. */
  readonly onPass?: (translation: Translation, flow: Uint8Array) => void;
}

const RULER = "=".repeat(79);
const MAX_RECIRCULATIONS = 4096;

/** Kinds that hold nothing: always indented below what they belong to. */
const terminal: ReadonlySet<TraceKind> = new Set(["action", "detail", "warning", "error", "bucket"]);

function nodeLines({ kind, text }: TraceNode, indent: string): string[] {
  switch (kind) {
    case "detail":
      return [`${indent} -> ${text}`];
    case "warning":
      return [`${indent} >> ${text}`];
    case "error":
      return [`${indent} >>>> ${text} <<<<`];
    case "bridge":
      return ["", `${indent}${text}`, `${indent}${"-".repeat(text.length)}`];
    default:
      return [`${indent}${text}`];
  }
}

/** A node that something follows stands further in than the last one, so that a long pipeline does not drift to the right. */
function treeLines(nodes: readonly TraceNode[], level: number): string[] {
  return nodes.flatMap((node, i) => {
    const more = i < nodes.length - 1 || terminal.has(node.kind) ? 1 : 0;
    return [...nodeLines(node, " ".repeat(4 * (level + more))), ...treeLines(node.children, level + 2 * more)];
  });
}

export function formatTraceTree(nodes: readonly TraceNode[]): string {
  return treeLines(nodes, 0).join("\n");
}

export function formatFlowText(flow: Uint8Array, ports?: PortNames): string {
  return formatMatch(matchOfFlow(flow), DEFAULT_PRIORITY, ports);
}

/** The megaflow in OpenFlow's words. ICMP's two fields are 16 bits wide there, with eight of them matched. */
function megaflowText(flow: Uint8Array, wildcards: Uint8Array, ports?: PortNames): string {
  const mask = wildcards.slice();
  if (flow[KEY_VLAN_TPID0] === 0 && flow[KEY_VLAN_TPID0 + 1] === 0) mask.fill(0, KEY_VLAN_TPID0, KEY_VLAN_TCI0 + 6);
  const value = flow.map((byte, i) => byte & mask[i]);
  return formatMatch({ value, mask }, DEFAULT_PRIORITY, ports).replace(
    /icmp_(type|code)=(\d+)(?![\dx])/g,
    (_, name, number) => `icmp_${name}=0x${Number(number).toString(16)}/0xff`,
  );
}

/** OFPR_*: how OpenFlow numbers the reasons of packet-ins, and OVS those that OpenFlow does not tell apart. */
const reasonNumbers: Record<PacketInRequest["reason"], number> = {
  no_match: 0,
  action: 1,
  invalid_ttl: 2,
  action_set: 3,
  group: 4,
  packet_out: 5,
  explicit_miss: 6,
  implicit_miss: 7,
};

function controllerText(effect: Effect | undefined, send: boolean): string | undefined {
  if (effect?.type !== "packet_in") return undefined;
  const { reason, continuation, cookie, controllerId, maxLength } = effect.packetIn;
  const paused = continuation === undefined ? 0 : 1;
  const parts = [
    `reason=${reasonNumbers[reason]}`,
    `dont_send=${paused || send ? 0 : 1}`,
    `continuation=${paused}`,
    `recirc_id=${continuation ?? 0}`,
    `rule_cookie=${hex(cookie)}`,
    `controller_id=${controllerId}`,
    `max_len=${maxLength}`,
  ];
  return `userspace(pid=0,controller(${parts.join(",")}))`;
}

function actionsText({ actions, effects }: Translation, { withPacket, names, tunnelOptions }: TraceRequest): string {
  const options = { ports: names?.datapathPorts, tunnelOptions };
  if (actions.length === 0) return "drop";
  const isController = (action: DatapathAction): boolean => action.type === "userspace" && action.reason === "action";
  const runs: string[] = [];
  let plain: DatapathAction[] = [];
  const flush = (): void => {
    if (plain.length > 0) runs.push(formatDatapathActions(plain, options));
    plain = [];
  };
  for (const action of actions) {
    const text =
      isController(action) && action.type === "userspace"
        ? controllerText(effects[action.argument], withPacket ?? false)
        : undefined;
    if (text === undefined) {
      plain.push(action);
    } else {
      flush();
      runs.push(text);
    }
  }
  flush();
  return runs.join(",");
}

const SLOW_ACTION =
  "This flow is handled by the userspace slow path because it:\n  - Uses action(s) not supported by datapath.";

/** One pass: from a flow to its datapath actions. */
function onePass(request: TraceRequest, forks: ForkedPipeline[]): string {
  const { flow, names } = request;
  const trace = createTrace();
  const translation = translate({ ...request, trace });
  request.onPass?.(translation, flow);
  forks.push(...trace.forks);
  const final = finalFlow(trace)!;
  // Neither line shows it, and it is always set.
  final.set(flow.subarray(FLOW_ACTSET_OUTPUT, FLOW_ACTSET_OUTPUT + 4), FLOW_ACTSET_OUTPUT);
  const lines = [
    `Flow: ${formatFlowText(flow, names?.ports)}`,
    formatTraceTree(trace.roots),
    "",
    `Final flow: ${sameBytes(flow, final) ? "unchanged" : formatFlowText(final, names?.ports)}`,
    `Megaflow: ${megaflowText(flow, translation.wildcards, names?.ports)}`,
    `Datapath actions: ${actionsText(translation, request)}`,
  ];
  if (translation.error) lines.push(`Translation failed (${translation.error}), packet is dropped.`);
  else if (translation.slow === "action") lines.push(SLOW_ACTION);
  return lines.join("\n");
}

function tupleText(flow: Uint8Array, nat: NatAction): string {
  if (!nat.addressMin) return "";
  const ipv6 = nat.addressMin.length === 16;
  const at = (v4: number, v6: number): string => formatAddress(flow.subarray(ipv6 ? v6 : v4, ipv6 ? v6 + 16 : v4 + 4));
  const port = (key: number): number => (flow[key] << 8) | flow[key + 1];
  const family = ipv6 ? "ipv6" : "nw";
  const source = `${family}_src=${at(KEY_NW_SRC, KEY_IPV6_SRC)},tp_src=${port(KEY_TP_SRC)}`;
  return `${source},${family}_dst=${at(KEY_NW_DST, KEY_IPV6_DST)},tp_dst=${port(KEY_TP_DST)}`;
}

/** Assumes that translation takes the first address and port of the range. */
function applyNat(flow: Uint8Array, { direction, addressMin, portMin }: NatAction): void {
  if (!direction || !addressMin) return;
  const source = direction === "src";
  const etherType = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
  if (etherType === ETH_TYPE_IPV6) flow.set(addressMin, source ? KEY_IPV6_SRC : KEY_IPV6_DST);
  else flow.set(addressMin, source ? KEY_NW_SRC : KEY_NW_DST);
  if (!portMin) return;
  const at = source ? KEY_TP_SRC : KEY_TP_DST;
  flow[at] = portMin >> 8;
  flow[at + 1] = portMin & 0xff;
}

/** The header of a recirculation, and the flow it begins with. */
function resume(fork: ForkedPipeline, ctState: number | undefined): { flow: Uint8Array; text: string } {
  const flow = fork.flow.slice();
  const view = new DataView(flow.buffer, flow.byteOffset);
  view.setUint32(KEY_RECIRC_ID, fork.recirculationId);
  view.setUint16(KEY_CT_ZONE, fork.zone);
  view.setUint16(KEY_CT_STATE, ctState ?? CT_STATE_TRACKED | CT_STATE_NEW);
  const how =
    ctState === undefined
      ? "default ct_state=trk|new (use --ct-next to customize)"
      : `ct_state=${formatFlags(ctStateNames, ctState)}`;
  const lines = [RULER, `recirc(0x${fork.recirculationId.toString(16)}) - resume conntrack with ${how}`];
  if (fork.nat) {
    lines.push("Replacing src/dst IP/ports to simulate NAT:", ` Initial flow: ${tupleText(flow, fork.nat)}`);
    applyNat(flow, fork.nat);
    lines.push(` Modified flow: ${tupleText(flow, fork.nat)}`);
  }
  lines.push(RULER);
  return { flow, text: lines.join("\n") };
}

/** The whole text, without a newline at its end. */
export function traceText(request: TraceRequest): string {
  const forks: ForkedPipeline[] = [];
  const ctStates = [...(request.nextCtStates ?? [])];
  const parts = [onePass(request, forks)];
  for (let n = 0; forks.length > 0; n++) {
    if (n > MAX_RECIRCULATIONS) {
      parts.push(`${RULER}\nTrace reached the recirculation limit.  Sopping the trace here.`);
      break;
    }
    const { flow, text } = resume(forks.shift()!, ctStates.shift());
    parts.push(text, onePass({ ...request, actions: undefined, resume: undefined, flow }, forks));
  }
  return parts.join("\n\n");
}
