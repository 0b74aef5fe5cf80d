/** NORMAL: an ordinary learning switch with VLANs. Learning is a side effect; what was learned before decides where packets go. */
import { KEY_ETH_DST, KEY_ETH_SRC, KEY_IN_PORT, KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import { PORT_CONTROLLER, PORT_LOCAL, PORT_NONE } from "../flow/port-text.ts";
import type { Bridge, BridgePort, PortVlan } from "./bridge.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";
import { outputToPort } from "./output.ts";
import { popVlan, pushVlan } from "./vlan.ts";
import { markBytes } from "./write.ts";

const ETH_TYPE_VLAN = 0x8100;
const VID_MASK = 0x0fff;
const trunkOfAll: PortVlan = { mode: "trunk", tag: 0 };
/** Where packets come from that a controller makes: a trunk of all VLANs where nobody can be reached. */
const controllersOwn: BridgePort = { number: PORT_NONE, name: "", up: true };

function carries({ mode, tag, trunks }: PortVlan, vlan: number): boolean {
  if (mode === "access") return vlan === tag;
  return (mode !== "trunk" && vlan === tag) || trunks === undefined || trunks.has(vlan);
}

/** The VLAN a packet belongs to by its tag and its port; undefined: the port does not take it. */
function vlanOnInput(tci: number, vlan: PortVlan): number | undefined {
  const vid = tci & VID_MASK;
  // Tag 0 only carries a priority (IEEE 802.1Q §9.6).
  const tagged = (tci & VLAN_CFI) !== 0 && vid !== 0;
  if (vlan.mode === "access") return tagged ? undefined : vlan.tag;
  const belongs = tagged ? vid : vlan.mode === "trunk" ? 0 : vlan.tag;
  return carries(vlan, belongs) ? belongs : undefined;
}

/** Sends by one port, with or without a tag as that port wants it; the flow is then as before. */
function outputIn(context: TranslationContext, port: BridgePort, vlan: number, last: boolean): void {
  const { flow } = context;
  const { mode, tag } = port.vlan ?? trunkOfAll;
  const untagged = vlan === 0 || ((mode === "access" || mode === "native-untagged") && vlan === tag);
  const saved = takeFlow(flow);
  const tci = (flow[KEY_VLAN_TCI0] << 8) | flow[KEY_VLAN_TCI0 + 1];
  if (untagged) {
    if (tci & VLAN_CFI && (tci & VID_MASK) !== 0) popVlan(context);
  } else if (!(tci & VLAN_CFI)) {
    pushVlan(context, ETH_TYPE_VLAN, vlan | VLAN_CFI);
  } else if ((tci & VID_MASK) !== vlan) {
    flow[KEY_VLAN_TCI0] = ((tci >> 8) & 0xf0) | (vlan >> 8);
    flow[KEY_VLAN_TCI0 + 1] = vlan & 0xff;
    markBytes(context, KEY_VLAN_TCI0, 2);
  }
  outputToPort(context, port.number, last);
  flow.set(saved);
  giveBack(saved);
}

function isReserved(mac: Uint8Array): boolean {
  return mac[0] === 0x01 && mac[1] === 0x80 && mac[2] === 0xc2 && mac[3] === 0 && mac[4] === 0 && mac[5] <= 0x0f;
}

/** The bridge's own port, which is older than all others, then these in order: as OVS floods. */
function* hostFirst(bridge: Bridge): Generator<BridgePort> {
  const host = bridge.port(PORT_LOCAL);
  if (host) yield host;
  for (const port of bridge.ports()) if (port !== host) yield port;
}

function flood(context: TranslationContext, input: BridgePort, vlan: number, last: boolean): void {
  let previous: BridgePort | undefined;
  context.wantsPorts = true;
  for (const port of hostFirst(context.bridge)) {
    if (port.number === input.number || port.noFlood) continue;
    if (port.isProtected && input.isProtected) continue;
    if (!carries(port.vlan ?? trunkOfAll, vlan)) continue;
    if (previous) outputIn(context, previous, vlan, false);
    previous = port;
  }
  if (previous) outputIn(context, previous, vlan, last);
}

export function forwardNormally(context: TranslationContext, last: boolean): void {
  const { flow, wildcards, bridge } = context;
  context.usesMacLearning = true;
  wildcards.fill(0xff, KEY_ETH_DST, KEY_ETH_SRC + 6);
  wildcards[KEY_VLAN_TCI0] |= (VID_MASK | VLAN_CFI) >> 8;
  wildcards[KEY_VLAN_TCI0 + 1] = 0xff;
  const number = (flow[KEY_IN_PORT + 2] << 8) | flow[KEY_IN_PORT + 3];
  const isOwn = number === PORT_NONE || number === PORT_CONTROLLER;
  const input = isOwn ? controllersOwn : bridge.port(number);
  if (!input) {
    context.report("warning", "no input bundle, dropping");
    return;
  }
  const tci = (flow[KEY_VLAN_TCI0] << 8) | flow[KEY_VLAN_TCI0 + 1];
  const vlan = vlanOnInput(tci, input.vlan ?? trunkOfAll);
  if (vlan === undefined) {
    context.report("warning", "disallowed VLAN VID for this input port, dropping");
    return;
  }
  const destination = flow.subarray(KEY_ETH_DST, KEY_ETH_DST + 6);
  if (!isOwn && isReserved(destination)) {
    context.report("detail", "packet has reserved destination MAC, dropping");
    return;
  }
  const source = flow.slice(KEY_ETH_SRC, KEY_ETH_SRC + 6);
  if (!isOwn && !(source[0] & 1))
    context.effects.push({ bridge: context.bridge.name, type: "learn_mac", vlan, mac: source, port: input.number });
  forward(context, input, vlan, bridge.macTable.lookup(vlan, destination), last);
}

function forward(
  context: TranslationContext,
  input: BridgePort,
  vlan: number,
  learned: number | undefined,
  last: boolean,
): void {
  if (learned === undefined) {
    context.report("detail", "no learned MAC for destination, flooding");
    flood(context, input, vlan, last);
    return;
  }
  const port = context.port(learned);
  if (!port) {
    context.report("warning", "learned port is unknown, dropping");
  } else if (port.number === input.number) {
    context.report("detail", "learned port is input port, dropping");
  } else if (!(port.isProtected && input.isProtected) && carries(port.vlan ?? trunkOfAll, vlan)) {
    context.report("detail", "forwarding to learned port");
    outputIn(context, port, vlan, last);
  }
}
