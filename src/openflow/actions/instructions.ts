/**
 * Instructions (OpenFlow 1.1 and later): what a rule does, in lists. Here a rule has one list; the instructions that are not
 * "apply these actions" are actions of their own in it (actions/action.ts).
 */
import type { Action } from "../../slowpath/actions/action.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF13, OF14, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { readActions, writeActions } from "./list.ts";

const GOTO_TABLE = 1;
const WRITE_METADATA = 2;
const WRITE_ACTIONS = 3;
const APPLY_ACTIONS = 4;
const CLEAR_ACTIONS = 5;
const METER = 6;
const EXPERIMENTER = 0xffff;
const NO_TABLE = 0xff;

/** The order in which they are done, whatever the order in which they came. */
const order = [METER, APPLY_ACTIONS, CLEAR_ACTIONS, WRITE_ACTIONS, WRITE_METADATA, GOTO_TABLE];

type ReadInstruction = (body: Reader, context: WireContext) => Action[];

const readers: Readonly<Record<number, ReadInstruction>> = {
  [GOTO_TABLE](body) {
    const table = body.u8();
    body.skip(3);
    if (table === NO_TABLE) throw new OpenFlowError("OFPBIC_BAD_TABLE_ID", "goto_table:255");
    return [{ type: "goto_table", table }];
  },
  [WRITE_METADATA](body) {
    body.skip(4);
    return [{ type: "write_metadata", value: body.u64(), mask: body.u64() }];
  },
  [WRITE_ACTIONS](body, context) {
    body.skip(4);
    return [{ type: "write_actions", actions: readActions(body, context) }];
  },
  [APPLY_ACTIONS](body, context) {
    body.skip(4);
    return readActions(body, context);
  },
  [CLEAR_ACTIONS](body) {
    body.skip(4);
    return [{ type: "clear_actions" }];
  },
  [METER]: (body) => [{ type: "meter", id: body.u32() }],
};

function isKnown(type: number, version: Version): boolean {
  return readers[type] !== undefined && (type !== METER || version === OF13 || version === OF14);
}

/** @throws OpenFlowError */
export function readInstructions(reader: Reader, context: WireContext): Action[] {
  if (context.version === OF10) return readActions(reader, context);
  const found = new Map<number, Action[]>();
  while (!reader.isEmpty) {
    if (reader.remaining < 8) throw new OpenFlowError("OFPBIC_BAD_LEN", "an instruction is cut off");
    const type = reader.u16();
    const length = reader.u16();
    if (length % 8 !== 0 || length < 8 || length - 4 > reader.remaining) {
      throw new OpenFlowError("OFPBIC_BAD_LEN", `instruction ${type} is ${length} bytes long`);
    }
    const body = reader.part(length - 4, "OFPBIC_BAD_LEN");
    if (type === EXPERIMENTER) throw new OpenFlowError("OFPBIC_BAD_EXPERIMENTER", "an experimenter's instruction");
    if (!isKnown(type, context.version)) throw new OpenFlowError("OFPBIC_UNKNOWN_INST", `instruction ${type}`);
    if (found.has(type)) throw new OpenFlowError("OFPBIC_DUP_INST", `instruction ${type} comes twice`);
    found.set(type, readers[type](body, context));
    if (!body.isEmpty) throw new OpenFlowError("OFPBIC_BAD_LEN", `instruction ${type} is ${length} bytes long`);
  }
  return order.flatMap((type) => found.get(type) ?? []);
}

function writeInstruction(writer: Writer, type: number, body: () => void): void {
  const from = writer.length;
  writer.u16(type);
  writer.u16(0);
  body();
  writer.patchU16(from + 2, writer.length - from);
}

function isInstruction({ type }: Action, version: Version): boolean {
  switch (type) {
    case "goto_table":
    case "write_metadata":
    case "write_actions":
    case "clear_actions":
      return true;
    case "meter":
      return version < OF15;
    default:
      return false;
  }
}

export function writeInstructions(
  writer: Writer,
  actions: readonly Action[],
  context: WireContext,
  match?: Match,
): void {
  const { version } = context;
  if (version === OF10) {
    writeActions(writer, actions, context, match);
    return;
  }
  const applied = actions.filter((action) => !isInstruction(action, version));
  const meters = actions.filter((action) => action.type === "meter");
  if (version === OF13 || version === OF14) {
    for (const { id } of meters.slice(0, 1)) writeInstruction(writer, METER, () => writer.u32(id));
  }
  if (applied.length > 0) {
    writeInstruction(writer, APPLY_ACTIONS, () => {
      writer.zeros(4);
      writeActions(writer, applied, context, match);
    });
  }
  for (const action of actions) writeOther(writer, action, context, match);
}

function writeOther(writer: Writer, action: Action, context: WireContext, match: Match | undefined): void {
  switch (action.type) {
    case "clear_actions":
      writeInstruction(writer, CLEAR_ACTIONS, () => writer.zeros(4));
      break;
    case "write_actions":
      writeInstruction(writer, WRITE_ACTIONS, () => {
        writer.zeros(4);
        writeActions(writer, action.actions, context, match);
      });
      break;
    case "write_metadata":
      writeInstruction(writer, WRITE_METADATA, () => {
        writer.zeros(4);
        writer.u64(action.value);
        writer.u64(action.mask);
      });
      break;
    case "goto_table":
      writeInstruction(writer, GOTO_TABLE, () => {
        writer.u8(action.table);
        writer.zeros(3);
      });
  }
}
