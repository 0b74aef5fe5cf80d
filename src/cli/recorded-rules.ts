/** A folder with what `ovs-ofctl dump-flows` and `dump-groups` printed on a real switch, as modifications for this one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "../control/command-error.ts";
import type { PortNames } from "../slowpath/flow/port-text.ts";
import { parseFlow } from "../slowpath/tables/flow-text.ts";
import { parseGroup } from "../slowpath/tables/group-text.ts";
import type { Modification } from "../slowpath/tables/modification.ts";

/** First of those that the folder has. */
const FLOW_DUMPS = ["ofctl-dump-flows-no-stats.txt", "ofctl-dump-flows.txt", "dump-flows.txt"];
const GROUP_DUMPS = ["ofctl-dump-groups.txt", "dump-groups.txt"];

/** @throws CommandError when the folder has no flow dump, or naming the line that cannot be read. */
export function recordedRules(folder: string, ports: PortNames): Modification[] {
  const groups = dumpLines(folder, GROUP_DUMPS, "group_id=") ?? [];
  const flows = dumpLines(folder, FLOW_DUMPS, "actions=");
  if (!flows) throw new CommandError(`${folder} has no flow dump: one of ${FLOW_DUMPS.join(", ")}`);
  return [
    ...groups.map((line) => readable(line, () => parseGroup(line, "add", { ports }))),
    ...flows.map((line) => readable(line, () => parseFlow(line, "add", { ports }))),
  ];
}

function dumpLines(folder: string, names: readonly string[], mark: string): string[] | undefined {
  let present: string[];
  try {
    present = readdirSync(folder);
  } catch (error) {
    throw new CommandError(`the folder of rules cannot be read: ${(error as Error).message}`);
  }
  const name = names.find((candidate) => present.includes(candidate));
  if (name === undefined) return undefined;
  const lines = readFileSync(join(folder, name), "utf8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line.includes(mark));
}

function readable(line: string, parse: () => Modification): Modification {
  try {
    return parse();
  } catch (error) {
    throw new CommandError(`${(error as Error).message}: ${line}`);
  }
}
