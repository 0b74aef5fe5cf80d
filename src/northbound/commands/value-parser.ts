/** Values as they stand in `set` and `find`: atoms, `a,b`, `[a, b]`, `k=v,…`, `{k=v}`; strings bare or quoted as in JSON. */
import type { Atom, Datum } from "../database/datum.ts";
import { isScalar } from "../database/datum.ts";
import type { AtomType, Column } from "../database/schema.ts";
import { isUuid, type Uuid } from "../database/uuid.ts";
import { CommandError } from "./command.ts";

/** Characters that end a bare word. */
const DELIMITERS = ":=, []{}!<>";

/** Reads one word, bare or quoted, from `text` at `start`. In a bare word a backslash takes the next character as it is. */
export function readWord(text: string, start: number): { word: string; end: number; quoted: boolean } {
  if (text[start] !== '"') {
    let end = start;
    let word = "";
    for (; end < text.length && !DELIMITERS.includes(text[end]); end++) {
      if (text[end] === "\\" && ++end === text.length) throw new CommandError(`${text}: backslash at end of argument`);
      word += text[end];
    }
    return { word, end, quoted: false };
  }
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) throw new CommandError(`${text}: unterminated quoted string`);
  try {
    return { word: JSON.parse(text.slice(start, end + 1)), end: end + 1, quoted: true };
  } catch {
    throw new CommandError(`${text}: invalid quoted string`);
  }
}

/** What "@hc" stands for in this call. */
export type RowNames = (name: string) => Uuid;

export function parseAtom(type: AtomType, word: string, rows?: RowNames): Atom {
  switch (type) {
    case "integer":
      if (!/^-?\d+$/.test(word)) throw new CommandError(`"${word}" is not a valid integer`);
      return Number(word);
    case "boolean":
      if (word === "true" || word === "yes" || word === "on" || word === "1") return true;
      if (word === "false" || word === "no" || word === "off" || word === "0") return false;
      throw new CommandError(`"${word}" is not a valid boolean (use "true" or "false")`);
    case "uuid":
      if (rows && word.startsWith("@")) return rows(word);
      if (!isUuid(word)) throw new CommandError(`"${word}" is not a valid UUID`);
      return word.toLowerCase();
    default:
      return word;
  }
}

/** One atom that takes up all of a text, as the value of COLUMN:KEY=VALUE: bare, it may hold any characters. */
export function parseWholeAtom(type: AtomType, text: string): Atom {
  if (!text.startsWith('"')) return parseAtom(type, text);
  const { word, end } = readWord(text, 0);
  if (end < text.length) throw new CommandError(`${text}: trailing garbage after quoted string`);
  return parseAtom(type, word);
}

/** A whole value for a column. */
export function parseDatum(column: Column, text: string, rows?: RowNames): Datum {
  const open = text.trimStart()[0];
  const wrapped = open === (column.value ? "{" : "[");
  const closing = open === "[" ? "]" : "}";
  const body = text.trim();
  if (wrapped && !body.endsWith(closing)) throw new CommandError(`${text}: missing "${closing}" at end of value`);
  const atoms: Atom[] = [];
  const pairs = new Map<Atom, Atom>();
  const inner = wrapped ? body.slice(1, -1) : body;
  for (let at = skipBlanks(inner, 0); at < inner.length; ) {
    const item = readWord(inner, at);
    if (item.end === at) throw new CommandError(`${text}: unexpected "${inner[at]}" parsing ${describe(column)}`);
    at = item.end;
    const key = parseAtom(column.key, item.word, rows);
    if (column.value) {
      if (inner[at] !== "=") throw new CommandError(`${text}: map must be specified as key=value`);
      const value = readWord(inner, at + 1);
      pairs.set(key, parseAtom(column.value, value.word));
      at = value.end;
    } else {
      atoms.push(key);
    }
    const next = skipBlanks(inner, at);
    if (next < inner.length && inner[next] !== "," && next === at) {
      throw new CommandError(`${text}: unexpected "${inner[next]}" parsing ${describe(column)}`);
    }
    at = skipBlanks(inner, inner[next] === "," ? next + 1 : next);
  }
  if (column.value) return pairs;
  if (atoms.length > column.max) {
    throw new CommandError(`${text}: ${atoms.length} value(s) specified but the maximum number is ${column.max}`);
  }
  if (atoms.length < column.min) {
    throw new CommandError(`${text}: ${atoms.length} value(s) specified but the minimum number is ${column.min}`);
  }
  return isScalar(column) ? atoms[0] : atoms;
}

function describe({ key, value, max }: Column): string {
  if (value) return `map of (${key}, ${value}) pairs`;
  return max === 1 ? key : `set of ${key}s`;
}

function skipBlanks(text: string, at: number): number {
  while (text[at] === " ") at++;
  return at;
}
