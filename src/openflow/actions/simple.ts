/** Actions that have no argument, or one number: made by these, declared in the files beside this. */
import type { Action } from "../../slowpath/actions/action.ts";
import type { Reader } from "../wire/reader.ts";
import { versionsIn } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, type ActionForm, nicira, standard, writeNicira, writeStandard } from "./definition.ts";

/** Bytes of the number, at its natural alignment after the header. */
export type Width = 0 | 1 | 2 | 4;

interface Place {
  readonly owner: "standard" | "nicira";
  /** Versions in which it is written so; the first that fits is taken. */
  readonly versions: string;
  readonly number: number;
}

function readNumber(body: Reader, owner: Place["owner"], width: Width): number {
  // The standard's header is 4 bytes long, an extension's 10: a u32 begins at 12.
  if (owner === "nicira" && width === 4) body.skip(2);
  return width === 0 ? 0 : width === 1 ? body.u8() : width === 2 ? body.u16() : body.u32();
}

function writeNumber(writer: Writer, owner: Place["owner"], width: Width, value: number): void {
  if (owner === "nicira" && width === 4) writer.zeros(2);
  if (width === 1) writer.u8(value);
  else if (width === 2) writer.u16(value);
  else if (width === 4) writer.u32(value);
}

export function numberForm(
  { owner, versions, number }: Place,
  width: Width,
  make: (value: number) => Action | readonly Action[],
): ActionForm {
  const form = owner === "standard" ? standard : nicira;
  return form(versions, number, owner === "standard" ? 8 : 16, (body) => make(readNumber(body, owner, width)));
}

export function writeNumberForm(writer: Writer, { owner, number }: Place, width: Width, value: number): void {
  const write = owner === "standard" ? writeStandard : writeNicira;
  write(writer, number, () => writeNumber(writer, owner, width, value));
}

/** An action that is one number: `toNumber` and `make` are each other's inverse. A version without a place for it leaves it out. */
export function numberAction<T extends Action>(
  type: T["type"],
  width: Width,
  places: readonly Place[],
  make: (value: number) => T,
  toNumber: (action: T) => number,
): ActionCodec<T> {
  const byVersion = places.map((place) => ({ place, versions: versionsIn(place.versions) }));
  return {
    type,
    forms: places.map((place) => numberForm(place, width, make)),
    write(writer, action, { version }) {
      const fit = byVersion.find(({ versions }) => versions.includes(version));
      if (fit) writeNumberForm(writer, fit.place, width, toNumber(action));
    },
  };
}

/** An action without an argument. */
export function plainAction<T extends Action>(action: T, places: readonly Place[]): ActionCodec<T> {
  return numberAction<T>(
    action.type,
    0,
    places,
    () => action,
    () => 0,
  );
}
