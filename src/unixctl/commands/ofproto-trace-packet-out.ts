/** `ofproto/trace-packet-out`: as `ofproto/trace`, with actions of its own in place of the tables, as a controller sends them. */
import type { Action } from "../../slowpath/actions/action.ts";
import { parseActions } from "../../slowpath/actions/list.ts";
import { ActionSyntaxError } from "../../slowpath/actions/scan.ts";
import { PORT_MAX } from "../../slowpath/flow/port-text.ts";
import { hasPrerequisites } from "../../slowpath/flow/prerequisites.ts";
import { FlowTextError } from "../../slowpath/flow/subfield.ts";
import type { SwitchBridge } from "../../slowpath/switch.ts";
import { groupsIn } from "../../slowpath/tables/references.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";
import { runTrace } from "../trace-run.ts";
import { traceStart } from "../trace-start.ts";
import { parseTraceWords } from "../trace-words.ts";

/** Only rules can have them. */
const instructions: ReadonlySet<Action["type"]> = new Set([
  "goto_table",
  "write_metadata",
  "write_actions",
  "clear_actions",
]);

export const ofprotoTracePacketOut: UnixctlCommand = {
  name: "ofproto/trace-packet-out",
  usage: "[-consistent] {[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet] actions",
  minimum: 2,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const actions = readActions(words.at(-1)!);
    const options = parseTraceWords(words.slice(0, -1), true);
    const start = traceStart(daemon, options);
    const complaint = complaintAbout(actions, start.bridge, options.consistent ? start.flow : undefined);
    if (complaint !== undefined) throw new UnixctlError(`Bad actions: ${complaint}`);
    return runTrace(daemon, start, options, actions);
  },
};

function readActions(text: string): Action[] {
  let actions: Action[];
  try {
    actions = parseActions(text);
  } catch (error) {
    if (error instanceof ActionSyntaxError || error instanceof FlowTextError) throw new UnixctlError(error.message);
    throw error;
  }
  const instruction = actions.find(({ type }) => instructions.has(type));
  if (instruction !== undefined) throw new UnixctlError(`${instruction.type} instruction not allowed here`);
  return actions;
}

/** The OpenFlow error that a controller would get. @param flow the packet that actions have to fit */
function complaintAbout(
  actions: readonly Action[],
  bridge: SwitchBridge,
  flow: Uint8Array | undefined,
): string | undefined {
  if (groupsIn(actions).some((id) => bridge.group(id) === undefined)) return "OFPBAC_BAD_OUT_GROUP";
  for (const action of actions) {
    if (action.type === "output" && action.port > PORT_MAX && action.port < 0xfff8) return "OFPBAC_BAD_OUT_PORT";
    if (flow === undefined || action.type !== "set_field") continue;
    if (!hasPrerequisites(flow, action.field, null)) return "OFPBAC_MATCH_INCONSISTENT";
  }
  return undefined;
}
