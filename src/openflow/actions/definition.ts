/**
 * What an action's file here exports: the forms it has on the wire, version by version, and how it is written.
 * One file a kind, one line in `list.ts`. What actions mean is in src/slowpath/actions/.
 */
import type { Action } from "../../slowpath/actions/action.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import type { WireContext } from "../wire/context.ts";
import { NICIRA, ONF } from "../wire/experimenters.ts";
import type { Reader } from "../wire/reader.ts";
import { type Version, versionsIn } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";

export interface ActionContext extends WireContext {
  /** The rule's match, where there is one: some actions are written one way or the other for it. */
  readonly match?: Match;
  /** Nested lists, handed in to avoid a cycle of imports. */
  readonly readActions: (reader: Reader) => Action[];
  readonly writeActions: (writer: Writer, actions: readonly Action[]) => void;
}

/** One way in which an action comes. */
export interface ActionForm {
  /** 0: the standard's. */
  readonly experimenter: number;
  readonly number: number;
  readonly versions: readonly Version[];
  /** `body` is what follows the action's header; all of it must be read. */
  readonly read: (body: Reader, context: ActionContext) => Action | readonly Action[];
  /** Bytes of the whole action; undefined: it varies. */
  readonly length?: number;
}

export interface ActionCodec<T extends Action = Action> {
  readonly type: T["type"];
  readonly forms: readonly ActionForm[];
  write(writer: Writer, action: T, context: ActionContext): void;
}

type Read = ActionForm["read"];

/** `standard("1.1+", 17, 8, body => …)`: type, length of the whole action. */
export function standard(range: string, number: number, length: number | undefined, read: Read): ActionForm {
  return { experimenter: 0, number, versions: versionsIn(range), read, length };
}

export function nicira(range: string, number: number, length: number | undefined, read: Read): ActionForm {
  return { experimenter: NICIRA, number, versions: versionsIn(range), read, length };
}

export function onf(range: string, number: number, length: number | undefined, read: Read): ActionForm {
  return { experimenter: ONF, number, versions: versionsIn(range), read, length };
}

export const EXPERIMENTER_TYPE = 0xffff;

/** Type and length, the body, padding to 8 bytes. */
export function writeStandard(writer: Writer, number: number, body: () => void): void {
  const from = writer.length;
  writer.u16(number);
  writer.u16(0);
  body();
  writer.pad(from);
  writer.patchU16(from + 2, writer.length - from);
}

/** The header of an extension's action is 10 bytes: type 0xffff, length, experimenter, number. */
export function writeNicira(writer: Writer, number: number, body: () => void, experimenter = NICIRA): void {
  writeStandard(writer, EXPERIMENTER_TYPE, () => {
    writer.u32(experimenter);
    writer.u16(number);
    body();
  });
}
