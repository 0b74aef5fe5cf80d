/** Where a trace begins: the bridge, the flow, and the packet when there is one. */
import {
  KEY_ARP_SHA,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_ETH_DST,
  KEY_IN_PORT,
  KEY_MPLS_LSE0,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_TUN_ID,
} from "../../assembly/layout/key.ts";
import { composeFrame } from "../slowpath/flow/compose-frame.ts";
import { FLOW_SIZE } from "../slowpath/flow/flow-layout.ts";
import { PORT_NONE } from "../slowpath/flow/port-text.ts";
import type { SwitchBridge } from "../slowpath/switch.ts";
import { UnixctlError } from "./command.ts";
import { bridgeOfKey, datapaths, portNames } from "./datapaths.ts";
import { parseExactFlow } from "./exact-flow.ts";
import { keyOfFrame } from "./frame-key.ts";
import { readKey } from "./odp-text.ts";
import { readFrame, type TraceWords } from "./trace-words.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface TraceStart {
  readonly bridge: SwitchBridge;
  /** FLOW_SIZE bytes, in_port as the bridge numbers it. */
  readonly flow: Uint8Array;
  /** Side effects are those of this packet; without it there are none. */
  readonly frame?: Uint8Array;
}

/** Forms: `[dp] odp_flow`, `bridge br_flow`; each with a packet in hexadecimal behind it. @throws UnixctlError */
export function traceStart(daemon: Vswitchd, words: TraceWords): TraceStart {
  const rest = [...words.rest];
  let frame: Uint8Array | undefined;
  if (!words.generate && rest.length > 1) {
    frame = packetAtEnd(rest);
    if (frame !== undefined) rest.pop();
  }
  if (rest.length !== 1 && rest.length !== 2) throw new UnixctlError("Syntax error");
  const start = startOf(daemon, rest);
  if (frame !== undefined) return { ...start, frame, flow: withHeaders(start.flow, keyOfFrame(frame)) };
  return words.generate ? { ...start, frame: composeFrame(start.flow, words.payload) } : start;
}

/** With three words the last one must be a packet; with two it may be. */
function packetAtEnd(rest: readonly string[]): Uint8Array | undefined {
  try {
    return readFrame(rest.at(-1)!);
  } catch (error) {
    if (rest.length === 3) throw error;
    return undefined;
  }
}

function startOf(daemon: Vswitchd, words: readonly string[]): Omit<TraceStart, "frame"> {
  // A line of dpctl/dump-flows -m begins with what it calls the megaflow.
  const text = words.at(-1)!.replace(/^ufid:[-0-9a-f]+,?\s*/, "");
  const key = readKey(text, portNames(daemon), daemon.switch.datapath.geneveOptions);
  if (typeof key !== "string") {
    if (!isDatapath(daemon, words)) throw new UnixctlError("Cannot find the datapath");
    return startOfKey(daemon, key.key);
  }
  if (words.length === 1) throw new UnixctlError(`${key} (or the bridge name was omitted)`);
  const bridge = daemon.bridges().find(({ name }) => name === words[0]);
  if (bridge === undefined) throw new UnixctlError(`${words[0]}: unknown bridge`);
  try {
    return { bridge, flow: withPort(parseExactFlow(text, bridge.portNames).value) };
  } catch (error) {
    if (!(error instanceof UnixctlError)) throw error;
    throw new UnixctlError(`Bad openflow flow syntax: ${error.message}`);
  }
}

/** A flow that says nothing of it came in by no port, as what a controller sends. */
function withPort(flow: Uint8Array): Uint8Array {
  const view = new DataView(flow.buffer, flow.byteOffset);
  if (view.getUint32(KEY_IN_PORT) === 0) view.setUint32(KEY_IN_PORT, PORT_NONE);
  return flow;
}

/** "ovs-netdev" and "netdev" are the same; nothing stands for the only one. */
function isDatapath(daemon: Vswitchd, words: readonly string[]): boolean {
  const known = datapaths(daemon);
  if (words.length === 1) return known.length === 1;
  return known.some(({ type, name }) => words[0] === name || words[0] === type);
}

function startOfKey(daemon: Vswitchd, key: Uint8Array): Omit<TraceStart, "frame"> {
  const flow = new Uint8Array(FLOW_SIZE);
  flow.set(key.subarray(0, KEY_SIZE));
  const view = new DataView(flow.buffer);
  const id = view.getUint32(KEY_RECIRC_ID);
  const port = view.getUint32(KEY_IN_PORT);
  if (id !== 0 && daemon.switch.recirculation.state(id) === undefined) {
    throw new UnixctlError(`no recirculation data for recirc_id 0x${id.toString(16)}`);
  }
  const bridge = bridgeOfKey(daemon, key);
  if (bridge === undefined) throw new UnixctlError(`no OpenFlow port for datapath port ${port}`);
  view.setUint32(KEY_IN_PORT, daemon.switch.ports.ownerOfKey(key)?.port.number ?? PORT_NONE);
  return { bridge, flow };
}

/** Where a key holds what stands in the packet; the rest is metadata. */
const HEADERS = [
  [KEY_ETH_DST, KEY_CT_LABEL],
  [KEY_ARP_SHA, KEY_CT_IPV6_SRC],
  [KEY_MPLS_LSE0, KEY_TUN_ID],
] as const;

/** The flow's metadata with the packet's headers. */
function withHeaders(flow: Uint8Array, key: Uint8Array): Uint8Array {
  const whole = flow.slice();
  for (const [from, to] of HEADERS) whole.set(key.subarray(from, to), from);
  return whole;
}
