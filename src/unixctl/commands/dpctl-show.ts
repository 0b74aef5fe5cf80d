import type { Switch, SwitchPort } from "../../slowpath/switch.ts";
import type { UnixctlCommand } from "../command.ts";
import { bridgesByType, datapathName, lookups, portType } from "../datapath.ts";
import { parseDpctlWords } from "../dpctl-words.ts";

export const dpctlShow: UnixctlCommand = {
  name: "dpctl/show",
  usage: "[-s] [dp...]",
  minimum: 0,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const { statistics } = parseDpctlWords(words);
    const owner = daemon.switch;
    const { hit, missed, lost } = lookups(owner);
    const lines: string[] = [];
    for (const [type, bridges] of bridgesByType(daemon)) {
      lines.push(`${datapathName(type)}:`, `  lookups: hit:${hit} missed:${missed} lost:${lost}`);
      lines.push(`  flows: ${owner.megaflows.size}`);
      const ports = bridges
        .flatMap((bridge) => bridge.ports())
        .filter(({ datapathPort }) => datapathPort !== undefined)
        .sort((a, b) => a.datapathPort! - b.datapathPort!);
      for (const port of ports) {
        const kind = portType(port);
        lines.push(`  port ${port.datapathPort}: ${port.name}${kind === "system" ? "" : ` (${kind})`}`);
        if (statistics) lines.push(...counters(owner, port));
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  },
};

/** What is not counted apart is 0. */
function counters(owner: Switch, port: SwitchPort): string[] {
  const counted = owner.portStatistics(port);
  if (counted === undefined) return [];
  const { rxPackets, rxErrors, rxDropped, txPackets, txErrors, txDropped, rxBytes, txBytes } = counted;
  return [
    `    RX packets:${rxPackets} errors:${rxErrors} dropped:${rxDropped} overruns:0 frame:0`,
    `    TX packets:${txPackets} errors:${txErrors} dropped:${txDropped} aborted:0 carrier:0`,
    "    collisions:0",
    `    RX bytes:${rxBytes}${humanSize(rxBytes)}  TX bytes:${txBytes}${humanSize(txBytes)}`,
  ];
}

const units = ["KiB", "MiB", "GiB", "TiB"];

/** " (278.5 KiB)"; nothing below one. */
function humanSize(bytes: bigint): string {
  let size = Number(bytes);
  let unit = -1;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return unit < 0 ? "" : ` (${size.toFixed(1)} ${units[unit]})`;
}
