/** `dpctl/ct-stats-show` and `ct-bkts`: how many connections there are, and of which protocols. */
import { coalescedTcpState } from "../../fastpath/conntrack-text.ts";
import type { UnixctlCommand } from "../command.ts";
import { parseDpctlWords, takeZone } from "../dpctl-words.ts";

/** In the order they are shown. OVS counts ICMPv6 and does not show it. */
const shown: readonly (readonly [number, string])[] = [
  [6, "TCP"],
  [17, "UDP"],
  [136, "UDPLITE"],
  [132, "SCTP"],
  [1, "ICMP"],
  [33, "DCCP"],
  [2, "IGMP"],
];
const ICMPV6 = 58;

const show: UnixctlCommand = {
  name: "dpctl/ct-stats-show",
  usage: "[dp] [zone=N]",
  minimum: 0,
  maximum: 3,
  run(daemon, words) {
    const { verbosity, rest } = parseDpctlWords(words);
    const { zone, rest: others } = takeZone(rest);
    const protocols = new Map<number, number>();
    const states = new Map<string, number>();
    let total = 0;
    for (const { original, tcp } of daemon.switch.datapath.conntrack.connections(zone)) {
      total++;
      protocols.set(original.protocol, (protocols.get(original.protocol) ?? 0) + 1);
      if (tcp === undefined) continue;
      const state = coalescedTcpState(tcp.stateOriginal, tcp.stateReply);
      states.set(state, (states.get(state) ?? 0) + 1);
    }
    const lines = ["Connections Stats:", `    Total: ${total}`];
    for (const [protocol, name] of shown) {
      const count = protocols.get(protocol);
      protocols.delete(protocol);
      if (count === undefined) continue;
      lines.push(`  ${name}: ${count}`);
      if (name !== "TCP" || !(verbosity > 0 || others.includes("verbose"))) continue;
      lines.push("    Conn per TCP states:", ...[...states].map(([state, n]) => `\t  [${state}]=${n}`));
    }
    protocols.delete(ICMPV6);
    const other = [...protocols.values()].reduce((sum, count) => sum + count, 0);
    if (other > 0) lines.push(`  Other: ${other}`);
    return lines.map((line) => `${line}\n`).join("");
  },
};

/** OVS's table of connections has one bucket since it is a concurrent map; so does this answer. */
const buckets: UnixctlCommand = {
  name: "dpctl/ct-bkts",
  usage: "[dp] [gt=N]",
  minimum: 0,
  maximum: 2,
  run(daemon, words) {
    const threshold = Number(/^gt=(\d+)$/.exec(parseDpctlWords(words).rest[0] ?? "")?.[1] ?? 0);
    const count = daemon.switch.datapath.conntrack.count();
    const head = `Total Buckets: 1\nCurrent Connections: ${count}\n\n`;
    if (count === 0) return head;
    const ruler = "+-----------+-----------------------------------------+";
    const title = "|  Buckets  |         Connections per Buckets         |";
    const cell = count > threshold ? String(count).padStart(5) : "    .";
    return `${head}${ruler}\n${title}\n${ruler}\n   0..  7   | ${cell}\n\n`;
  },
};

export const conntrackStatistics: readonly UnixctlCommand[] = [show, buckets];
