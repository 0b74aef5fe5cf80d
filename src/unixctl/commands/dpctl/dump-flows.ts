/** dpctl/dump-flows, dpctl/get-flow. */
import { KEY_SIZE } from "../../../../assembly/layout/key.ts";
import { fullKey, type Megaflow } from "../../../slowpath/megaflow.ts";
import type { Match } from "../../../slowpath/tables/rule.ts";
import { UnixctlError } from "../../command.ts";
import { flowsOf, portNames } from "../../datapaths.ts";
import { parseExactFlow } from "../../exact-flow.ts";
import { flowLine, ufidOf } from "../../flow-lines.ts";
import { dpctlCommand, dpctlError, dpctlLine, INVALID, NO_ENTRY, openDatapath } from "./dpctl.ts";

const TYPES = ["ovs", "tc", "dpdk", "offloaded", "non-offloaded", "partially-offloaded", "all"];
/** The layer of a megaflow is "ovs", or "tc" while the kernel forwards packets of it. */
const OWN_TYPES = ["ovs", "non-offloaded", "all"];
const OFFLOADED_TYPES = ["tc", "offloaded", "all"];
const TITLE = "flow-dump from the main thread:\n";
/** pmd=-1 is the main thread. */
const MAIN_THREAD = "-1";

export const dumpFlows = dpctlCommand(
  "dump-flows",
  "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]",
  0,
  6,
  (request) => {
    const words = [...request.words];
    const options = new Map<string, string>();
    for (;;) {
      const found = /^(filter|type|pmd)=(.*)$/s.exec(words.at(-1) ?? "");
      if (!found || options.has(found[1])) break;
      options.set(found[1], found[2]);
      words.pop();
    }
    const { daemon, verbose, names } = request;
    const { datapath } = openDatapath({ ...request, words }, 1);
    const filter = filterOf(options.get("filter"), portNames(daemon));
    const types = typesOf(options.get("type"));
    const thread = options.get("pmd");
    if (thread !== undefined && thread !== MAIN_THREAD) return "";
    const lines = [...flowsOf(daemon, datapath.bridges)]
      .filter((flow) => isOfType(daemon.switch.datapath.flowStatistics(flow).offloads > 0, types))
      .filter((flow) => filter === undefined || passes(flow, filter))
      .map((flow) => `${flowLine(daemon, flow, { verbose, names })}\n`);
    if (lines.length === 0) return "";
    return `${thread === undefined ? TITLE : ""}${lines.join("")}`;
  },
);

export const getFlow = dpctlCommand("get-flow", "[dp] ufid", 1, 2, (request) => {
  const { daemon, verbose, names } = request;
  const { datapath } = openDatapath(request, 2);
  const ufid = /^ufid:([0-9a-f-]+)$/i.exec(request.words.at(-1)!)?.[1].toLowerCase();
  if (ufid === undefined) return dpctlLine("parsing flow ufid");
  for (const flow of flowsOf(daemon, datapath.bridges)) {
    if (ufidOf(flow) === ufid) return `${flowLine(daemon, flow, { verbose, names })}\n`;
  }
  throw dpctlError("getting flow", NO_ENTRY);
});

function filterOf(text: string | undefined, ports: ReturnType<typeof portNames>): Match | undefined {
  if (text === undefined) return undefined;
  try {
    return parseExactFlow(text, ports);
  } catch (error) {
    if (!(error instanceof UnixctlError)) throw error;
    throw dpctlError(`Failed to parse filter (${error.message})`);
  }
}

function typesOf(text: string | undefined): readonly string[] {
  if (text === undefined) return ["all"];
  const types = text.split(",").filter((type) => type !== "");
  const unknown = types.find((type) => !TYPES.includes(type));
  if (unknown !== undefined) throw dpctlError(`Failed to parse type (${unknown})`, INVALID);
  return types;
}

const isOfType = (offloaded: boolean, types: readonly string[]): boolean =>
  types.some((type) => (offloaded ? OFFLOADED_TYPES : OWN_TYPES).includes(type));

/** Whether some packet of the megaflow could have what the filter wants. */
function passes(flow: Megaflow, { value, mask }: Match): boolean {
  const key = fullKey(flow);
  for (let i = 0; i < KEY_SIZE; i++) if ((key[i] ^ value[i]) & mask[i] & flow.mask.bytes[i]) return false;
  return true;
}
