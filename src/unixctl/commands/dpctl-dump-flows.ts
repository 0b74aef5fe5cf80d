import { parseMatch } from "../../slowpath/flow/match-text.ts";
import type { Megaflow } from "../../slowpath/megaflow.ts";
import { fullKey } from "../../slowpath/megaflow.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { UnixctlCommand } from "../command.ts";
import { datapathPortNames } from "../datapath.ts";
import { dpctlError, parseDpctlWords } from "../dpctl-words.ts";
import { megaflowLine } from "../megaflow-lines.ts";

export const dpctlDumpFlows: UnixctlCommand = {
  name: "dpctl/dump-flows",
  usage: "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]",
  minimum: 0,
  maximum: 6,
  run(daemon, words) {
    const { verbosity, names, rest } = parseDpctlWords(words);
    const owner = daemon.switch;
    const text = rest.find((word) => word.startsWith("filter="))?.slice("filter=".length);
    let filter: Match | undefined;
    try {
      filter = text === undefined ? undefined : parseMatch(text, datapathPortNames(owner));
    } catch (error) {
      throw dpctlError(`Failed to parse filter (${(error as Error).message})`);
    }
    // There is one kind of flow here: those of the userspace datapath, which no device has taken over.
    const types = rest
      .find((word) => word.startsWith("type="))
      ?.slice("type=".length)
      .split(",");
    if (types !== undefined && !types.some((type) => type === "ovs" || type === "non-offloaded")) return "";
    const lines: string[] = [];
    for (const flow of owner.megaflows) {
      if (filter !== undefined && !agrees(flow, filter)) continue;
      lines.push(`${megaflowLine(owner, flow, { names, verbose: verbosity > 0 })}\n`);
    }
    if (lines.length > 0) lines.unshift("flow-dump from the main thread:\n");
    return lines.join("");
  },
};

/** Whether the flow and the filter say nothing different about any bit. */
function agrees(flow: Megaflow, { value, mask }: Match): boolean {
  const key = fullKey(flow);
  const known = flow.mask.bytes;
  return key.every((byte, i) => ((byte ^ value[i]) & mask[i] & known[i]) === 0);
}
