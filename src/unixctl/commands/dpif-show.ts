import type { UnixctlCommand } from "../command.ts";
import { bridgesByType, datapathName, lookups, portType } from "../datapath.ts";

export const dpifShow: UnixctlCommand = {
  name: "dpif/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const lines: string[] = [];
    const { hit, missed } = lookups(daemon.switch);
    for (const [type, bridges] of bridgesByType(daemon)) {
      lines.push(`${datapathName(type)}: hit:${hit} missed:${missed}`);
      for (const bridge of bridges) {
        lines.push(`  ${bridge.name}:`);
        for (const port of bridge.ports().sort((a, b) => (a.name < b.name ? -1 : 1))) {
          const peer = port.kind === "patch" ? `: peer=${port.peerName}` : "";
          lines.push(`    ${port.name} ${port.number}/${port.datapathPort ?? "none"}: (${portType(port)}${peer})`);
        }
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  },
};
