/**
 * Records the transcripts anew: `node test/openflow/record-ofctl.ts DIRECTORY BRIDGE`, of a running Open vSwitch with its sockets in
 * DIRECTORY, whose bridge has nothing but the ports 1 (p1) and 2 (p2) and no controller. Its rules and groups are removed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type Exchange, exchange, formatTranscript, ofctlVersions, parseTranscript } from "./ofctl.ts";

const [directory, bridge] = process.argv.slice(2);
const data = new URL("../data/openflow/", import.meta.url);
const commands = parseTranscript(readFileSync(new URL("commands.txt", data), "utf8"));
for (const version of ofctlVersions) {
  const exchanges: Exchange[] = [];
  for (const { command } of commands) exchanges.push(await exchange(directory, version, command, bridge));
  writeFileSync(new URL(`${version}.txt`, data), formatTranscript(exchanges));
}
