/** dpctl/show, dpctl/dump-dps: datapaths with their ports and counters. */
import type { PortStatus } from "../../../fastpath/datapath.ts";
import { UnixctlError } from "../../command.ts";
import { datapaths, flowsOf, label, lookupCounts, type NamedDatapath, portsOf } from "../../datapaths.ts";
import { datapathPortText } from "../../interface-text.ts";
import { type DpctlRequest, datapathNamed, dpctlCommand, dpctlLine, NO_DEVICE } from "./dpctl.ts";

export const dumpDps = dpctlCommand("dump-dps", "", 0, 0, ({ daemon }) =>
  datapaths(daemon)
    .map((datapath) => `${label(datapath)}\n`)
    .join(""),
);

export const show = dpctlCommand("show", "[-s] [dp...]", 0, Number.POSITIVE_INFINITY, (request) => {
  const { daemon, words } = request;
  if (words.length === 0)
    return datapaths(daemon)
      .map((datapath) => datapathText(request, datapath))
      .join("");
  let failed = false;
  const texts = words.map((word) => {
    const datapath = datapathNamed(daemon, word);
    if (datapath !== undefined) return datapathText(request, datapath);
    failed = true;
    return dpctlLine(`opening datapath ${word} failed`, NO_DEVICE);
  });
  if (failed) throw new UnixctlError(texts.join(""));
  return texts.join("");
});

/** Every datapath of OVS has a port of its own, number 0; nothing ever goes through it. */
const OWN_PORT = 0;

function datapathText({ daemon, statistics }: DpctlRequest, datapath: NamedDatapath): string {
  const { hit, missed, lost } = lookupCounts(daemon);
  const flows = [...flowsOf(daemon, datapath.bridges)].length;
  const kind = datapath.type === "dummy" ? "test" : "tap";
  const own = { number: OWN_PORT, name: datapath.name, kind, up: true, mtu: 0 } as const;
  const lines = [`${label(datapath)}:`, `  lookups: hit:${hit} missed:${missed} lost:${lost}`, `  flows: ${flows}`];
  for (const port of [own, ...portsOf(daemon, datapath)]) {
    const type = port === own && kind === "test" ? " (dummy-internal)" : datapathPortText(daemon, datapath.type, port);
    lines.push(`  port ${port.number}: ${port.name}${type}`);
    if (statistics) {
      const counters = port === own ? nothing : daemon.switch.datapath.portStatistics(port.number);
      lines.push(...statisticsLines(port, counters));
    }
  }
  return `${lines.join("\n")}\n`;
}

type PortCounters = Pick<
  ReturnType<DpctlRequest["daemon"]["switch"]["datapath"]["portStatistics"]>,
  "rxPackets" | "rxBytes" | "rxDropped" | "rxErrors" | "txPackets" | "txBytes" | "txDropped" | "txErrors"
>;

const nothing: PortCounters = {
  rxPackets: 0n,
  rxBytes: 0n,
  rxDropped: 0n,
  rxErrors: 0n,
  txPackets: 0n,
  txBytes: 0n,
  txDropped: 0n,
  txErrors: 0n,
};

/** Ports without a device cannot tell errors from anything else. */
function statisticsLines({ kind, name }: PortStatus, counters: PortCounters): string[] {
  const hasDevice = (kind === "tap" || kind === "system") && !/^(genev|vxlan)_sys_/.test(name);
  const known = (value: bigint): string => (hasDevice ? String(value) : "?");
  const { rxPackets, rxErrors, rxDropped, rxBytes, txPackets, txErrors, txDropped, txBytes } = counters;
  const none = known(0n);
  return [
    `    RX packets:${rxPackets} errors:${known(rxErrors)} dropped:${known(rxDropped)} overruns:${none} frame:${none}`,
    `    TX packets:${txPackets} errors:${known(txErrors)} dropped:${known(txDropped)} aborted:${none} carrier:${none}`,
    `    collisions:${none}`,
    `    RX bytes:${rxBytes}${humanSize(rxBytes)}  TX bytes:${txBytes}${humanSize(txBytes)}`,
  ];
}

function humanSize(bytes: bigint): string {
  for (const [unit, shift] of [
    ["TiB", 40n],
    ["GiB", 30n],
    ["MiB", 20n],
    ["KiB", 10n],
  ] as const) {
    if (bytes >= 1n << shift) return ` (${(Number(bytes) / Number(1n << shift)).toFixed(1)} ${unit})`;
  }
  return "";
}
