import { connectionText } from "../../fastpath/conntrack-text.ts";
import type { UnixctlCommand } from "../command.ts";
import { parseDpctlWords, takeZone } from "../dpctl-words.ts";

export const dpctlDumpConntrack: UnixctlCommand = {
  name: "dpctl/dump-conntrack",
  usage: "[-m] [-s] [dp] [zone=N]",
  minimum: 0,
  maximum: 4,
  run(daemon, words) {
    const { verbosity, statistics, rest } = parseDpctlWords(words);
    const { zone } = takeZone(rest);
    const lines: string[] = [];
    for (const connection of daemon.switch.datapath.conntrack.connections(zone)) {
      lines.push(`${connectionText(connection, { more: verbosity > 0, statistics })}\n`);
    }
    return lines.join("");
  },
};
