/** Ports' types and options as dpif/show and dpctl/show print them. */
import type { PortStatus } from "../fastpath/datapath.ts";
import { PORT_LOCAL } from "../slowpath/flow/port-text.ts";
import type { SwitchBridge, SwitchPort } from "../slowpath/switch.ts";
import { datapathType } from "./datapaths.ts";
import type { Vswitchd } from "./vswitchd.ts";

/** Options at their defaults, which the real one does not show. */
const defaults: Readonly<Record<string, string>> = { csum: "false", df_default: "true", packet_type: "legacy_l2" };
const defaultTunnelPorts: Readonly<Record<string, string>> = { geneve: "6081", vxlan: "4789" };

/** A userspace datapath makes internal ports of TAP devices. */
function internalType(datapath: string): string {
  return datapath === "netdev" ? "tap" : datapath === "dummy" ? "dummy-internal" : "internal";
}

/** "system", "tap", "patch: peer=patch1", "geneve: csum=true, key=flow, remote_ip=172.31.0.2". */
export function interfaceText(daemon: Vswitchd, bridge: SwitchBridge, port: SwitchPort): string {
  const configured = daemon.interfaceOf?.(bridge, port);
  const datapath = datapathType(daemon, bridge);
  const type = configured?.type || typeOfKind(port, datapath);
  if (type === "internal") return internalType(datapath);
  const options = new Map(configured?.options);
  if (type === "patch" && port.peerName !== undefined) options.set("peer", port.peerName);
  if (type === "system" || type === "tap" || type.startsWith("dummy")) return type;
  const texts = [...options]
    .filter(([name, value]) => defaults[name] !== value)
    .filter(([name, value]) => name !== "dst_port" || defaultTunnelPorts[type] !== value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? type : `${type}: ${texts.join(", ")}`;
}

function typeOfKind({ kind, number }: SwitchPort, datapath: string): string {
  if (kind === "tap") return internalType(datapath);
  if (kind === "test") return number === PORT_LOCAL ? "dummy-internal" : "dummy";
  return kind;
}

/** " (tap)", or "" for an ordinary device. */
export function datapathPortText(daemon: Vswitchd, datapath: string, { kind, number, name }: PortStatus): string {
  const owner = daemon.switch.ports.owner(number);
  if (name.startsWith("genev_sys_") || name.startsWith("vxlan_sys_")) {
    return ` (${name.startsWith("g") ? "geneve" : "vxlan"}: packet_type=ptap)`;
  }
  if (kind === "system") return "";
  if (kind === "tap") return ` (${internalType(datapath)})`;
  return owner === undefined ? ` (${kind})` : ` (${interfaceText(daemon, owner.bridge, owner.port)})`;
}
