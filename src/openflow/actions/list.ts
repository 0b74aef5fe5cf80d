/**
 * All actions on the wire. A new one is a file beside this and a line in `codecs`.
 *
 * `readActions` and `writeActions` are lists of them; instructions.ts has the instructions around them.
 */
import type { Action } from "../../slowpath/actions/action.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { NICIRA, ONF } from "../wire/experimenters.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { bundle } from "./bundle.ts";
import { checkPktLarger } from "./check-pkt-larger.ts";
import { clone } from "./clone.ts";
import { conjunction } from "./conjunction.ts";
import { controller } from "./controller.ts";
import { ct } from "./ct.ts";
import { ctClear } from "./ct-clear.ts";
import { debugRecirculate, debugSlow } from "./debug.ts";
import { decTtl } from "./dec-ttl.ts";
import { type ActionCodec, type ActionContext, type ActionForm, EXPERIMENTER_TYPE } from "./definition.ts";
import { deleteField } from "./delete-field.ts";
import { decap, encap } from "./encap.ts";
import { exit } from "./exit.ts";
import { finTimeout } from "./fin-timeout.ts";
import { gotoTable } from "./goto-table.ts";
import { group } from "./group.ts";
import { learn } from "./learn.ts";
import { meter } from "./meter.ts";
import { move } from "./move.ts";
import { decMplsTtl, popMpls, pushMpls } from "./mpls.ts";
import { multipath } from "./multipath.ts";
import { nat } from "./nat.ts";
import { note } from "./note.ts";
import { output } from "./output.ts";
import { outputReg } from "./output-reg.ts";
import { outputTrunc } from "./output-trunc.ts";
import { popQueue, setQueue, writeEnqueue } from "./queue.ts";
import { resubmit } from "./resubmit.ts";
import { sample } from "./sample.ts";
import { setField } from "./set-field.ts";
import { setL4Port } from "./set-l4-port.ts";
import { pop, push } from "./stack.ts";
import { popVlan, pushVlan, setVlanPcp, setVlanVid } from "./vlan.ts";
import { writeMetadata } from "./write-metadata.ts";

// biome-ignore lint/suspicious/noExplicitAny: each codec takes its own member of the union; `type` pairs them.
type AnyCodec = ActionCodec<any>;

export const codecs: readonly AnyCodec[] = [
  output,
  outputReg,
  outputTrunc,
  controller,
  group,
  setField,
  setL4Port,
  move,
  push,
  pop,
  pushVlan,
  popVlan,
  setVlanVid,
  setVlanPcp,
  pushMpls,
  popMpls,
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
  writeMetadata,
  gotoTable,
];

const HEADER = 4;
/** Lists in lists: clone in clone … */
const MAX_DEPTH = 64;

const keyOf = (version: number, experimenter: number, number: number): string => `${version}:${experimenter}:${number}`;
const forms = new Map<string, ActionForm>();
for (const { forms: own } of codecs) {
  for (const form of own) for (const v of form.versions) forms.set(keyOf(v, form.experimenter, form.number), form);
}
const byType = new Map<Action["type"], AnyCodec>(codecs.map((codec) => [codec.type, codec]));

/**
 * A list of actions, to the end of the part.
 * @throws OpenFlowError
 */
export function readActions(reader: Reader, context: WireContext, depth = 0): Action[] {
  if (depth > MAX_DEPTH) throw new OpenFlowError("OFPBAC_TOO_MANY", "actions are nested too deeply");
  const nested: ActionContext = {
    ...context,
    readActions: (inner) => readActions(inner, context, depth + 1),
    writeActions: () => {},
  };
  const actions: Action[] = [];
  while (!reader.isEmpty) {
    const read = readAction(reader, nested);
    if (Array.isArray(read)) actions.push(...read);
    else actions.push(read as Action);
  }
  return actions;
}

function readAction(reader: Reader, context: ActionContext): Action | readonly Action[] {
  if (reader.remaining < HEADER) throw new OpenFlowError("OFPBAC_BAD_LEN", "an action is cut off");
  const type = reader.u16();
  const length = reader.u16();
  if (length % 8 !== 0 || length < 8 || length - HEADER > reader.remaining) {
    throw new OpenFlowError("OFPBAC_BAD_LEN", `action ${type} is ${length} bytes long`);
  }
  const body = reader.part(length - HEADER, "OFPBAC_BAD_LEN");
  const experimenter = type === EXPERIMENTER_TYPE ? body.u32() : 0;
  const number = type === EXPERIMENTER_TYPE ? body.u16() : type;
  const form = forms.get(keyOf(context.version, experimenter, number));
  if (!form) throw unknownAction(experimenter, number);
  if (form.length !== undefined && form.length !== length) {
    throw new OpenFlowError("OFPBAC_BAD_LEN", `action ${number} is ${length} bytes long, not ${form.length}`);
  }
  return form.read(body, context);
}

function unknownAction(experimenter: number, number: number): OpenFlowError {
  if (experimenter === 0) return new OpenFlowError("OFPBAC_BAD_TYPE", `action ${number} is unknown`);
  const known = experimenter === NICIRA || experimenter === ONF;
  const what = `action ${number} of experimenter 0x${experimenter.toString(16)} is unknown`;
  return new OpenFlowError(known ? "OFPBAC_BAD_VENDOR_TYPE" : "OFPBAC_BAD_VENDOR", what);
}

/** Actions that a version cannot say are left out. */
export function writeActions(writer: Writer, actions: readonly Action[], context: WireContext, match?: Match): void {
  const nested: ActionContext = {
    ...context,
    match,
    readActions: () => [],
    writeActions: (inner, list) => writeActions(inner, list, context, match),
  };
  for (let i = 0; i < actions.length; i++) {
    const written = context.version === OF10 ? writeEnqueue(writer, actions, i) : 0;
    if (written > 0) i += written - 1;
    else byType.get(actions[i].type)?.write(writer, actions[i], nested);
  }
}
