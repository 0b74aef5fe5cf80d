/** tnl/ports/show, tnl/egress_port_range, ofproto/list-tunnels: where tunnels begin and end. */
import { formatIpv4, formatIpv6 } from "../../../slowpath/flow/address-text.ts";
import type { SwitchPort } from "../../../slowpath/switch.ts";
import { type UnixctlCommand, UnixctlError } from "../../command.ts";
import { settingsOf } from "../../settings.ts";

const portsShow: UnixctlCommand = {
  name: "tnl/ports/show",
  usage: "-v",
  minimum: 0,
  maximum: 1,
  run(daemon, words) {
    const lines = [...settingsOf(daemon).tunnels.listening(words[0] === "-v")].map((line) => `${line}\n`);
    return `Listening ports:\n${lines.join("")}`;
  },
};

const sourcePorts: UnixctlCommand = {
  name: "tnl/egress_port_range",
  usage: "min max",
  minimum: 0,
  maximum: 2,
  run(daemon, words) {
    const { tunnels } = settingsOf(daemon);
    if (words.length < 2) {
      const [lowest, highest] = tunnels.sourcePorts;
      return `Tunnel UDP source port range: ${lowest}-${highest}`;
    }
    const [lowest, highest] = words.map((word) => Number.parseInt(word, 10));
    if (!(lowest > 0 && lowest <= highest && highest <= 0xffff)) throw new UnixctlError("Invalid range.");
    tunnels.sourcePorts = [lowest, highest];
    return "OK";
  },
};

const list: UnixctlCommand = {
  name: "ofproto/list-tunnels",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const tunnels = daemon
      .bridges()
      .flatMap((bridge) => bridge.ports().map((port) => ({ bridge, port })))
      .filter(({ port }) => port.tunnel !== undefined)
      .sort((a, b) => (a.port.name < b.port.name ? -1 : 1));
    return tunnels
      .map(({ bridge, port }) => tunnelText(port, daemon.interfaceOf?.(bridge, port)?.type ?? port.kind))
      .map((line) => `${line}\n`)
      .join("");
  },
};

/** "port 4: ovn-slaver-0 (geneve: ::->172.31.0.2, key=flow, legacy_l2, dp port=4, ttl=64, csum=true)" */
function tunnelText({ name, datapathPort, tunnel }: SwitchPort, type: string): string {
  const { remote, local, key, ttl, tos, dontFragment, checksum } = tunnel!;
  const address = (bytes: Uint8Array | "flow" | undefined): string => {
    if (bytes === undefined) return "::";
    return bytes === "flow" ? "flow" : bytes.length === 4 ? formatIpv4(bytes) : formatIpv6(bytes);
  };
  const parts = [
    `${address(local)}->${address(remote)}`,
    key === "none" ? "" : `key=${key === "flow" ? "flow" : `0x${key.toString(16)}`}`,
    "legacy_l2",
    `dp port=${datapathPort ?? "none"}`,
    tos === "inherit" ? "tos=inherit" : tos === 0 ? "" : `tos=0x${tos.toString(16)}`,
    `ttl=${ttl}`,
    dontFragment ? "" : "df=false",
    checksum ? "csum=true" : "",
  ];
  return `port ${datapathPort ?? "none"}: ${name} (${type}: ${parts.filter((part) => part !== "").join(", ")})`;
}

export const tunnelPortCommands: readonly UnixctlCommand[] = [portsShow, sourcePorts, list];
