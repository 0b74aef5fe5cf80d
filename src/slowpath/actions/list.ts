/**
 * All actions. A new one is a file beside this and a line in `definitions`.
 *
 * `parseActions` and `formatActions` are ovs-ofctl's `actions=` text: what one prints the other reads back the same.
 */
import { parsePort } from "../flow/port-text.ts";
import type { Action } from "./action.ts";
import { clearActionsInstruction, writeActionsInstruction } from "./action-set.ts";
import { bundle } from "./bundle.ts";
import { checkPktLarger } from "./check-pkt-larger.ts";
import { clone } from "./clone.ts";
import { conjunction } from "./conjunction.ts";
import { controller } from "./controller.ts";
import { ct } from "./ct.ts";
import { ctClear } from "./ct-clear.ts";
import { debugRecirculate, debugSlow } from "./debug.ts";
import { decTtl } from "./dec-ttl.ts";
import type { ActionDefinition, FormatOptions, ParseContext, Parser, Printer } from "./definition.ts";
import { deleteField } from "./delete-field.ts";
import { decap, encap } from "./encap.ts";
import { exit } from "./exit.ts";
import { finTimeout } from "./fin-timeout.ts";
import { gotoTable } from "./goto-table.ts";
import { group } from "./group.ts";
import { learn } from "./learn.ts";
import { meter } from "./meter.ts";
import { modifyWords } from "./modify-words.ts";
import { move } from "./move.ts";
import { decMplsTtl, popMplsAction, pushMplsAction } from "./mpls.ts";
import { multipath } from "./multipath.ts";
import { nat } from "./nat.ts";
import { note } from "./note.ts";
import { output, outputRegister, outputTruncate } from "./output.ts";
import { popQueue, setQueue } from "./queue.ts";
import { resubmit } from "./resubmit.ts";
import { sample } from "./sample.ts";
import { ActionSyntaxError, type Token, tokens } from "./scan.ts";
import { setField } from "./set-field.ts";
import { setL4Port } from "./set-l4-port.ts";
import { pop, push } from "./stack.ts";
import { popVlanAction, pushVlanAction, setVlanPcp, setVlanVid } from "./vlan.ts";
import { writeMetadata } from "./write-metadata.ts";

export { ActionSyntaxError } from "./scan.ts";

// biome-ignore lint/suspicious/noExplicitAny: each definition takes its own member of the union; `type` pairs them.
type AnyDefinition = ActionDefinition<any>;

export const definitions: readonly AnyDefinition[] = [
  output,
  outputRegister,
  outputTruncate,
  controller,
  group,
  setField,
  modifyWords,
  setL4Port,
  move,
  push,
  pop,
  pushVlanAction,
  popVlanAction,
  setVlanVid,
  setVlanPcp,
  pushMplsAction,
  popMplsAction,
  decMplsTtl,
  encap,
  decap,
  decTtl,
  resubmit,
  ct,
  nat,
  ctClear,
  learn,
  conjunction,
  clone,
  meter,
  checkPktLarger,
  sample,
  finTimeout,
  multipath,
  bundle,
  setQueue,
  popQueue,
  note,
  exit,
  debugRecirculate,
  debugSlow,
  deleteField,
  writeActionsInstruction,
  clearActionsInstruction,
  writeMetadata,
  gotoTable,
];

const byKeyword = new Map(definitions.flatMap((definition) => definition.keywords.map((word) => [word, definition])));

/** By `action.type`; what translation runs. */
export const definitionOf = Object.fromEntries(
  definitions.map((definition) => [definition.type, definition]),
) as Readonly<Record<Action["type"], AnyDefinition>>;

function parseOne(token: Token, parser: Parser): Action | readonly Action[] {
  const definition = byKeyword.get(token.key.toLowerCase());
  if (definition) return definition.parse(token, parser);
  const port = token.separator === "" ? parsePort(token.key, parser.context.ports) : undefined;
  if (port === undefined) throw new ActionSyntaxError(`unknown action ${token.key}`);
  return { type: "output", port };
}

/** @throws ActionSyntaxError, or FlowTextError from a field or value in it. */
export function parseActions(text: string, context: ParseContext = {}): Action[] {
  const parser: Parser = { context, parse: (nested) => parseActions(nested, context) };
  const words = tokens(text);
  const drop = words.some(({ key, separator }) => separator === "" && key.toLowerCase() === "drop");
  if (!drop) return words.flatMap((token) => parseOne(token, parser));
  if (words.length > 1)
    throw new ActionSyntaxError('"drop" must not be accompanied by any other action or instruction');
  return [];
}

export function formatAction(action: Action, options: FormatOptions = {}): string {
  const printer: Printer = { options, print: (nested) => formatActions(nested, options) };
  return definitionOf[action.type].format(action, printer);
}

/** "drop" for no actions at all. */
export function formatActions(actions: readonly Action[], options: FormatOptions = {}): string {
  if (actions.length === 0) return "drop";
  return actions.map((action) => formatAction(action, options)).join(",");
}
