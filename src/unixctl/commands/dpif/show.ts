/** dpif/show, dpif/dump-dps: bridges with their ports, by datapath. */
import type { UnixctlCommand } from "../../command.ts";
import { datapaths, datapathType, label, lookupCounts } from "../../datapaths.ts";
import { interfaceText } from "../../interface-text.ts";

export const show: UnixctlCommand = {
  name: "dpif/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const { hit, missed } = lookupCounts(daemon);
    let text = "";
    for (const datapath of datapaths(daemon)) {
      text += `${label(datapath)}: hit:${hit} missed:${missed}\n`;
      for (const bridge of datapath.bridges) {
        text += `  ${bridge.name}:\n`;
        for (const port of bridge.ports().sort((a, b) => (a.name < b.name ? -1 : 1))) {
          const number = port.datapathPort ?? "none";
          text += `    ${port.name} ${port.number}/${number}: (${interfaceText(daemon, bridge, port)})\n`;
        }
      }
    }
    return text;
  },
};

export const dumpDps: UnixctlCommand = {
  name: "dpif/dump-dps",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: (daemon) =>
    daemon
      .bridges()
      .map((bridge) => `${datapathType(daemon, bridge)}@${bridge.name}\n`)
      .sort()
      .join(""),
};
