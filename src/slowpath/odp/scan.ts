/** Cutting datapath text at commas outside brackets, and `name(arguments)`, `name=value` apart. */

/** The text is not what ovs-dpctl would print; the message names the part. */
export class DatapathTextError extends Error {}

export interface Item {
  readonly name: string;
  /** What the parentheses hold; undefined without parentheses. */
  readonly inside?: string;
  /** After `=`. */
  readonly value?: string;
}

/** Pieces between the commas that no bracket encloses. */
export function splitTop(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "(" || c === "{" || c === "[") depth++;
    else if (c === ")" || c === "}" || c === "]") depth--;
    else if (c === "," && depth === 0) {
      pieces.push(text.slice(from, i));
      from = i + 1;
    }
    if (depth < 0) throw new DatapathTextError(`${text}: unexpected closing bracket`);
  }
  if (depth !== 0) throw new DatapathTextError(`${text}: missing closing bracket`);
  pieces.push(text.slice(from));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

export function item(piece: string): Item {
  const call = /^([^(=]+)\((.*)\)$/s.exec(piece);
  if (call) return { name: call[1], inside: call[2] };
  const equals = piece.indexOf("=");
  return equals < 0 ? { name: piece } : { name: piece.slice(0, equals), value: piece.slice(equals + 1) };
}

export function items(text: string): Item[] {
  return splitTop(text).map(item);
}

/** @throws DatapathTextError */
export function integer(text: string | undefined, what: string): number {
  if (text === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    throw new DatapathTextError(`${text ?? ""}: ${what} must be a number`);
  }
  return Number(text);
}

/** `%#x` of C: zero has no prefix. */
export function hex(value: number | bigint): string {
  return value === 0 || value === 0n ? "0" : `0x${value.toString(16)}`;
}
