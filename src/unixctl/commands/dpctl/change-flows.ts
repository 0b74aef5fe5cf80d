/**
 * dpctl/add-flow, mod-flow, del-flow and their plurals: megaflows by hand.
 *
 * They are megaflows like others: at the next change of the tables the revalidator makes of them what the tables say.
 */
import { readFileSync } from "node:fs";
import { KEY_SIZE } from "../../../../assembly/layout/key.ts";
import { DatapathFullError } from "../../../fastpath/datapath.ts";
import type { DatapathAction } from "../../../fastpath/datapath-action.ts";
import { FLOW_SIZE } from "../../../slowpath/flow/flow-layout.ts";
import { fullKey, type Megaflow } from "../../../slowpath/megaflow.ts";
import type { MaskedKey } from "../../../slowpath/odp/key.ts";
import type { Translation } from "../../../slowpath/translate/translation.ts";
import { megaflowMask } from "../../../slowpath/upcall.ts";
import { UnixctlError } from "../../command.ts";
import { flowsOf, type NamedDatapath, portNames } from "../../datapaths.ts";
import { readActions, readKey } from "../../odp-text.ts";
import type { Vswitchd } from "../../vswitchd.ts";
import {
  type DpctlRequest,
  datapathNamed,
  dpctlCommand,
  dpctlError,
  dpctlLine,
  INVALID,
  NO_ENTRY,
  openDatapath,
} from "./dpctl.ts";

export const addFlow = dpctlCommand("add-flow", "[dp] flow actions", 2, 3, (request) => putOne(request, "add"));
export const modFlow = dpctlCommand("mod-flow", "[dp] flow actions", 2, 3, (request) =>
  putOne(request, request.mayCreate ? "add_or_modify" : "modify"),
);

export const delFlow = dpctlCommand("del-flow", "[dp] flow", 1, 2, (request) => {
  const { datapath } = openDatapath(request, 2);
  return deleteFlow(request.daemon, datapath, request.words.at(-1)!);
});

export const addFlows = dpctlCommand("add-flows", "[dp] file", 1, 2, (request) => processFile(request, "add"));
export const modFlows = dpctlCommand("mod-flows", "[dp] file", 1, 2, (request) => processFile(request, "modify"));

export const delFlows = dpctlCommand("del-flows", "[dp] [file]", 0, 2, async (request) => {
  const { daemon, words } = request;
  const named = words.length > 0 && datapathNamed(daemon, words[0]) !== undefined;
  if (words.length > (named ? 1 : 0)) return processFile(request, "delete");
  const { datapath } = openDatapath(request, 1);
  for (const flow of [...flowsOf(daemon, datapath.bridges)]) daemon.switch.revalidator.remove(flow);
  await daemon.switch.datapath.barrier();
  return "";
});

type Change = "add" | "modify" | "add_or_modify";

async function putOne(request: DpctlRequest, change: Change): Promise<string> {
  const { datapath } = openDatapath(request, 3);
  const [key, actions] = request.words.slice(-2);
  return putFlow(request.daemon, datapath, key, actions, change);
}

async function putFlow(
  daemon: Vswitchd,
  datapath: NamedDatapath,
  keyText: string,
  actionsText: string,
  change: Change,
): Promise<string> {
  const ports = portNames(daemon);
  const options = daemon.switch.datapath.geneveOptions;
  const key = readKey(keyText.replace(/^ufid:[0-9a-f-]+,?/i, ""), ports, options);
  if (typeof key === "string") throw dpctlError(`parsing flow key (${key})`, INVALID);
  const actions = readActions(actionsText, ports, options);
  if (actions === undefined) throw dpctlError("parsing actions", INVALID);
  const translation = translationOf(key, actions);
  const mask = daemon.switch.megaflows.mask(megaflowMask(translation, new Uint8Array(KEY_SIZE)));
  const old = sameKey(daemon, datapath, key);
  if (old !== undefined && change === "add") throw dpctlError("updating flow table", "File exists");
  if (old === undefined && change === "modify") throw dpctlError("updating flow table", NO_ENTRY);
  const { datapath: fastpath, megaflows, now } = daemon.switch;
  try {
    if (old !== undefined) {
      const handle = fastpath.replaceActions(old, actions);
      megaflows.update(old, handle.actions, translation);
    } else {
      const handle = fastpath.putFlow(key.key, mask.bytes, actions);
      megaflows.add(handle, mask, key.key, translation, now());
    }
  } catch (error) {
    if (!(error instanceof DatapathFullError)) throw error;
    throw dpctlError("updating flow table", "File too large");
  }
  await fastpath.barrier();
  return "";
}

async function deleteFlow(daemon: Vswitchd, datapath: NamedDatapath, text: string): Promise<string> {
  const key = readKey(text.replace(/^ufid:[0-9a-f-]+,?/i, ""), portNames(daemon), daemon.switch.datapath.geneveOptions);
  if (typeof key === "string") throw dpctlError(key, INVALID);
  const flow = sameKey(daemon, datapath, key);
  if (flow === undefined) {
    throw new UnixctlError(`${dpctlLine("deleting flow", NO_ENTRY)}Perhaps you need to specify a UFID?\n`);
  }
  daemon.switch.revalidator.remove(flow);
  await daemon.switch.datapath.barrier();
  return "";
}

/** One line of the file is one change; a bad one is told about and skipped. */
async function processFile(request: DpctlRequest, change: "add" | "modify" | "delete"): Promise<string> {
  const { datapath } = openDatapath(request, 3);
  const file = request.words.at(-1)!;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return dpctlLine(`Opening file "${file}" failed`, code === "ENOENT" ? NO_ENTRY : message);
  }
  let output = "";
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.replace(/#.*/, "").trim();
    if (content === "") continue;
    try {
      output += await processLine(request.daemon, datapath, content, change, index + 1);
    } catch (error) {
      if (!(error instanceof UnixctlError)) throw error;
      output += error.message;
    }
  }
  return output;
}

async function processLine(
  daemon: Vswitchd,
  datapath: NamedDatapath,
  line: string,
  defaultChange: "add" | "modify" | "delete",
  number: number,
): Promise<string> {
  const [, verb = defaultChange, flow, actions] = /^(?:(add|modify|delete)[\s,]+)?(\S+)(?:\s+(.+))?$/.exec(line) ?? [];
  if (flow === undefined || (verb === "delete") !== (actions === undefined)) {
    throw dpctlError(`Failed parsing line number ${number}, skipped!`);
  }
  return verb === "delete"
    ? deleteFlow(daemon, datapath, flow)
    : putFlow(daemon, datapath, flow, actions, verb as "add" | "modify");
}

/** The megaflow that a packet with the very key that was named would meet. */
function sameKey(daemon: Vswitchd, datapath: NamedDatapath, { key, mask }: MaskedKey): Megaflow | undefined {
  for (const flow of flowsOf(daemon, datapath.bridges)) {
    const full = fullKey(flow);
    if (full.every((byte, i) => ((byte ^ key[i]) & (mask[i] | flow.mask.bytes[i])) === 0)) return flow;
  }
  return undefined;
}

/** No rule is behind it: nobody is credited, and nothing makes it anew. */
function translationOf({ mask }: MaskedKey, actions: readonly DatapathAction[]): Translation {
  const wildcards = new Uint8Array(FLOW_SIZE);
  wildcards.set(mask);
  return {
    actions,
    wildcards,
    written: new Uint8Array(FLOW_SIZE),
    slow: "",
    rules: [],
    missedTables: [],
    lookups: [],
    groups: [],
    buckets: [],
    usesMacLearning: false,
    wantsPorts: false,
    recirculationIds: [],
    effects: [],
  };
}
