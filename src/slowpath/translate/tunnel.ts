/** Tunnel ports: the port's options and the flow's tunnel fields give the metadata of the encapsulation. */
import {
  KEY_NW_TOS,
  KEY_NW_TTL,
  KEY_SIZE,
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_IPV6_DST,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TTL,
  TUN_FLAG_CSUM,
  TUN_FLAG_DF,
  TUN_FLAG_KEY,
  TUN_FLAG_OAM,
} from "../../../assembly/layout/key.ts";
import { isZero } from "../flow/flow.ts";
import type { BridgePort, TunnelPort } from "./bridge.ts";
import type { TranslationContext } from "./context.ts";
import { giveBack, takeFlow } from "./flow-pool.ts";

const DEFAULT_TTL = 64;
const ECN = 3;

/** Without an address it is zero: the host's routes choose. */
function setAddress(flow: Uint8Array, ipv4: number, ipv6: number, address: Uint8Array | "flow" | undefined): void {
  if (address === "flow") return;
  flow.fill(0, ipv4, ipv4 + 4);
  flow.fill(0, ipv6, ipv6 + 16);
  if (address !== undefined) flow.set(address, address.length === 4 ? ipv4 : ipv6);
}

/** Fills the flow's tunnel fields as the port's options say. */
function applyOptions(context: TranslationContext, tunnel: TunnelPort): void {
  const { flow, wildcards } = context;
  setAddress(flow, KEY_TUN_SRC, KEY_TUN_IPV6_SRC, tunnel.local);
  setAddress(flow, KEY_TUN_DST, KEY_TUN_IPV6_DST, tunnel.remote);
  if (tunnel.key === "none") flow.fill(0, KEY_TUN_ID, KEY_TUN_ID + 8);
  else if (tunnel.key !== "flow") {
    new DataView(flow.buffer, flow.byteOffset).setBigUint64(KEY_TUN_ID, tunnel.key);
  }
  let flags = flow[KEY_TUN_FLAGS + 1] & TUN_FLAG_OAM;
  if (tunnel.dontFragment) flags |= TUN_FLAG_DF;
  if (tunnel.checksum) flags |= TUN_FLAG_CSUM;
  if (tunnel.key !== "none") flags |= TUN_FLAG_KEY;
  flow[KEY_TUN_FLAGS] = 0;
  flow[KEY_TUN_FLAGS + 1] = flags;
  if (tunnel.ttl === "inherit") wildcards[KEY_NW_TTL] = 0xff;
  flow[KEY_TUN_TTL] = tunnel.ttl === "inherit" ? flow[KEY_NW_TTL] || DEFAULT_TTL : tunnel.ttl || DEFAULT_TTL;
  // ECN goes outside in every case (RFC 6040); the rest of the byte only on request.
  wildcards[KEY_NW_TOS] |= tunnel.tos === "inherit" ? 0xff : ECN;
  const tos = tunnel.tos === "inherit" ? flow[KEY_NW_TOS] : tunnel.tos;
  flow[KEY_TUN_TOS] = (tos & ~ECN) | (flow[KEY_NW_TOS] & ECN);
}

export function outputToTunnel(context: TranslationContext, port: BridgePort, tunnel: TunnelPort): void {
  const { flow, wildcards } = context;
  const saved = takeFlow(flow);
  // What a tunnelled packet brought goes out again: it is looked at.
  if (!context.tunnelCleared) wildcards.fill(0xff, KEY_TUN_ID, KEY_SIZE);
  applyOptions(context, tunnel);
  const fields = flow.slice(KEY_TUN_ID, KEY_SIZE);
  flow.set(saved);
  giveBack(saved);
  if (isZero(fields.subarray(KEY_TUN_DST - KEY_TUN_ID, KEY_TUN_DST - KEY_TUN_ID + 4)) && isUnset(fields)) {
    context.report("warning", "Tunneling decided against output");
    return;
  }
  context.commit();
  if (!tunnel.encapsulate) {
    if (port.datapathPort === undefined) return;
    context.report("detail", "output to kernel tunnel");
    const mask = new Uint8Array(fields.length).fill(0xff);
    context.tunnelSet = true;
    context.actions.push({ type: "set", target: "tunnel", value: fields, mask });
    context.actions.push({ type: "output", port: port.datapathPort });
    return;
  }
  context.report("detail", "output to native tunnel");
  const actions = tunnel.encapsulate(fields);
  if (typeof actions === "string") context.report("warning", actions);
  else context.actions.push(...actions);
}

function isUnset(fields: Uint8Array): boolean {
  return isZero(fields.subarray(KEY_TUN_IPV6_DST - KEY_TUN_ID, KEY_TUN_IPV6_DST - KEY_TUN_ID + 16));
}

/** A packet that came without a tunnel has no tunnel fields to look at: in_port, always exact, says so. */
export function cameByTunnel(key: Uint8Array): boolean {
  return (
    !isZero(key.subarray(KEY_TUN_DST, KEY_TUN_DST + 4)) ||
    !isZero(key.subarray(KEY_TUN_IPV6_DST, KEY_TUN_IPV6_DST + 16))
  );
}
