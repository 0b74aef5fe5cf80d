/** dpctl/dump-conntrack, dpctl/ct-stats-show, dpctl/ct-bkts: what connections there are. */
import { coalescedTcpState, connectionText, TCP_ORDER } from "../../../fastpath/conntrack-text.ts";
import type { Connection } from "../../../fastpath/datapath.ts";
import { dpctlCommand, openDatapath } from "./dpctl.ts";

export const dumpConntrack = dpctlCommand("dump-conntrack", "[-m] [-s] [dp] [zone=N]", 0, 4, (request) => {
  const { daemon, verbose, statistics } = request;
  const [words, zone] = takeZone(request.words);
  openDatapath({ ...request, words }, 1);
  const lines: string[] = [];
  for (const connection of daemon.switch.datapath.conntrack.connections(zone)) {
    lines.push(`${connectionText(connection, { more: verbose, statistics })}\n`);
  }
  return lines.join("");
});

/** In the order they are shown; a protocol without a line of its own is "Other". */
const protocols = new Map([
  [6, "TCP"],
  [17, "UDP"],
  [136, "UDPLITE"],
  [132, "SCTP"],
  [1, "ICMP"],
  [33, "DCCP"],
  [2, "IGMP"],
]);
/** Counted, and shown in the total only. */
const ICMPV6 = 58;

export const statsShow = dpctlCommand("ct-stats-show", "[dp] [zone=N]", 0, 3, (request) => {
  let [words, zone] = takeZone(request.words);
  let { verbose } = request;
  if (words.at(-1)?.startsWith("verbose")) {
    verbose = true;
    [words, zone] = takeZone(words.slice(0, -1), zone);
  }
  openDatapath({ ...request, words }, 1);
  const counts = new Map<string, number>();
  const states = new Map<string, number>();
  let total = 0;
  for (const { original, tcp } of request.daemon.switch.datapath.conntrack.connections(zone)) {
    total++;
    if (original.protocol === ICMPV6) continue;
    increment(counts, protocols.get(original.protocol) ?? "Other");
    if (tcp !== undefined) increment(states, coalescedTcpState(tcp.stateOriginal, tcp.stateReply));
  }
  let text = `Connections Stats:\n    Total: ${total}\n`;
  for (const name of [...protocols.values(), "Other"]) {
    const count = counts.get(name);
    if (count === undefined) continue;
    text += `  ${name}: ${count}\n`;
    if (name !== "TCP" || !verbose) continue;
    text += "    Conn per TCP states:\n";
    for (const state of TCP_ORDER) if (states.has(state)) text += `\t  [${state}]=${states.get(state)}\n`;
  }
  return text;
});

/** The userspace datapath of OVS 3.1 has one bucket. */
export const buckets = dpctlCommand("ct-bkts", "[dp] [gt=N]", 0, 2, (request) => {
  const above = /^gt=(\d+)$/.exec(request.words.at(-1) ?? "");
  openDatapath({ ...request, words: above ? request.words.slice(0, -1) : request.words }, 1);
  const connections: Iterable<Connection> = request.daemon.switch.datapath.conntrack.connections();
  let count = 0;
  for (const _ of connections) count++;
  const title = `Total Buckets: 1\nCurrent Connections: ${count}\n\n`;
  if (count === 0) return title;
  const shown = count > Number(above?.[1] ?? 0) ? String(count) : ".";
  const line = "+-----------+-----------------------------------------+";
  const heading = "|  Buckets  |         Connections per Buckets         |";
  return `${title}${line}\n${heading}\n${line}\n   0..  7   | ${shown.padStart(5)}\n\n`;
});

/** A last word `zone=5` is taken off. */
export function takeZone(words: readonly string[], zone?: number): [rest: readonly string[], zone: number | undefined] {
  const found = /^zone=(\d+)$/.exec(words.at(-1) ?? "");
  return found ? [words.slice(0, -1), Number(found[1]) & 0xffff] : [words, zone];
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
