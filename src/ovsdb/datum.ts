/**
 * Values of columns: between JavaScript's and the wire's (RFC 7047 section 5.1).
 *
 *   exactly one        the atom itself                     at most one     the atom, or undefined
 *   sets               Set of atoms                        maps            Map of atoms
 *
 * UUIDs are strings; the column's type tells them apart from text.
 */
import type { Json } from "../json-rpc/message.ts";
import type { AtomType, ColumnType } from "./schema.ts";

export type Atom = string | number | boolean;
export type Datum = Atom | undefined | ReadonlySet<Atom> | ReadonlyMap<Atom, Atom>;

/** What the peer sent does not fit the column's type. */
export class DatumError extends Error {}

const NO_UUID = "00000000-0000-0000-0000-000000000000";
const defaults: Readonly<Record<AtomType, Atom>> = { integer: 0, real: 0, boolean: false, string: "", uuid: NO_UUID };

export const isMap = (type: ColumnType): boolean => type.value !== undefined;
export const isSet = (type: ColumnType): boolean => type.value === undefined && type.max > 1;

/** What a column holds in a row that says nothing about it. */
export function defaultDatum(type: ColumnType): Datum {
  if (isMap(type)) return new Map();
  if (isSet(type)) return new Set();
  return type.min === 0 ? undefined : defaults[type.key];
}

/** @throws DatumError */
export function parseDatum(json: Json, type: ColumnType): Datum {
  if (type.value !== undefined) {
    const { key, value } = type;
    const pairs = tagged(json, "map").map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new DatumError(`${JSON.stringify(pair)} is not a pair`);
      return [parseAtom(pair[0], key), parseAtom(pair[1], value)] as const;
    });
    return new Map(pairs);
  }
  const atoms = isTagged(json, "set") ? tagged(json, "set") : [json];
  const parsed = atoms.map((atom) => parseAtom(atom, type.key));
  if (isSet(type)) return new Set(parsed);
  if (parsed.length > 1) throw new DatumError(`${JSON.stringify(json)} has more than one value`);
  if (parsed.length === 0 && type.min > 0) throw new DatumError("a value is missing");
  return parsed[0];
}

/** A column after an update that gives the difference only (update2, update3): RFC's draft of OVS, ovsdb-server(7). */
export function applyDifference(old: Datum, json: Json, type: ColumnType): Datum {
  const change = parseDatum(json, type);
  if (isMap(type) && type.max > 1) {
    const map = new Map(old as ReadonlyMap<Atom, Atom>);
    for (const [key, value] of change as ReadonlyMap<Atom, Atom>) {
      if (map.get(key) === value) map.delete(key);
      else map.set(key, value);
    }
    return map;
  }
  if (isSet(type)) {
    const set = new Set(old as ReadonlySet<Atom>);
    for (const atom of change as ReadonlySet<Atom>) if (!set.delete(atom)) set.add(atom);
    return set;
  }
  return change;
}

/** A `{ row: name }` stands for the UUID that an `insert` of the same transaction with that `uuid-name` makes. */
export type NamedRow = { readonly row: string };

export function formatDatum(datum: Datum | NamedRow, type: ColumnType): Json {
  if (isNamed(datum)) return ["named-uuid", datum.row];
  if (datum === undefined) return ["set", []];
  if (datum instanceof Map) {
    const pairs = [...datum].map(([key, value]) => [formatAtom(key, type.key), formatAtom(value, type.value!)]);
    return ["map", pairs];
  }
  if (datum instanceof Set) {
    const atoms = [...datum].map((atom) => formatAtom(atom, type.key));
    return atoms.length === 1 ? atoms[0] : ["set", atoms];
  }
  return formatAtom(datum as Atom, type.key);
}

export function sameDatum(a: Datum, b: Datum): boolean {
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && b.get(key) === value);
  }
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((atom) => b.has(atom));
  return a === b;
}

function isNamed(datum: Datum | NamedRow): datum is NamedRow {
  return typeof datum === "object" && "row" in datum;
}

function isTagged(json: Json, tag: string): json is readonly [string, readonly Json[]] {
  return Array.isArray(json) && json.length === 2 && json[0] === tag && Array.isArray(json[1]);
}

function tagged(json: Json, tag: string): readonly Json[] {
  if (!isTagged(json, tag)) throw new DatumError(`${JSON.stringify(json)} is not a ${tag}`);
  return json[1];
}

function parseAtom(json: Json, type: AtomType): Atom {
  if (type === "uuid") {
    if (Array.isArray(json) && json.length === 2 && json[0] === "uuid" && typeof json[1] === "string") return json[1];
  } else if (type === "integer" || type === "real") {
    if (typeof json === "number") return json;
  } else if (typeof json === type) {
    return json as Atom;
  }
  throw new DatumError(`${JSON.stringify(json)} is not of type ${type}`);
}

function formatAtom(atom: Atom, type: AtomType): Json {
  return type === "uuid" ? ["uuid", String(atom)] : atom;
}
