/**
 * Values of columns: one atom, a set of atoms, or a map.
 *
 * In memory a column of exactly one value holds the bare atom; any other set holds an array; a map holds a Map. Sets and maps
 * are kept sorted, as OVSDB sends them, so that equal values print alike. References keep the order they were added in.
 */
import type { AtomType, Column } from "./schema.ts";

export type Atom = string | number | boolean;
export type Datum = Atom | readonly Atom[] | ReadonlyMap<Atom, Atom>;

export class ConstraintError extends Error {}

export const isScalar = (column: Column): boolean => column.value === undefined && column.min === 1 && column.max === 1;

export function emptyDatum(column: Column): Datum {
  if (column.value) return new Map();
  if (!isScalar(column)) return [];
  return column.key === "integer" ? 0 : column.key === "boolean" ? false : "";
}

export function compareAtoms(a: Atom, b: Atom): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A datum's atoms, whatever the column's shape; a map's keys. */
export function atomsOf(datum: Datum): readonly Atom[] {
  if (datum instanceof Map) return [...datum.keys()];
  return Array.isArray(datum) ? datum : [datum as Atom];
}

/** Sorts, removes duplicates and checks the column's constraints. */
export function normalize(column: Column, datum: Datum): Datum {
  if (datum instanceof Map) {
    const refused = column.unsupportedKeys?.find((key) => datum.has(key));
    if (refused) {
      throw new ConstraintError(`${column.name}:${refused} is not supported by the embedded control plane`);
    }
    return new Map([...datum].sort(([a], [b]) => compareAtoms(a, b)));
  }
  const atoms = atomsOf(datum);
  for (const atom of atoms) checkAtom(column, atom);
  if (isScalar(column)) return atoms[0];
  const unique = [...new Set(atoms)];
  return column.refers ? unique : unique.sort(compareAtoms);
}

function checkAtom(column: Column, atom: Atom): void {
  if (column.oneOf && !column.oneOf.includes(atom as string)) {
    throw new ConstraintError(
      `constraint violation: ${formatAtom(atom)} is not one of the allowed values ([${column.oneOf.join(", ")}])`,
    );
  }
  if (column.range && ((atom as number) < column.range[0] || (atom as number) > column.range[1])) {
    throw new ConstraintError(
      `constraint violation: ${atom} is not in the valid range ${column.range[0]} to ${column.range[1]} (inclusive)`,
    );
  }
}

export function equalData(a: Datum, b: Datum): boolean {
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((atom, index) => atom === b[index]);
  }
  return a === b;
}

/** ovsdb prints a string bare when it could not be mistaken for anything else (RFC 7047 id syntax, or an IP-like word). */
function needsQuotes(text: string): boolean {
  return !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) || text === "true" || text === "false" || looksLikeUuid(text);
}

function looksLikeUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

export function formatAtom(atom: Atom, type: AtomType = typeof atom === "string" ? "string" : "integer"): string {
  if (type === "string" && typeof atom === "string") return needsQuotes(atom) ? JSON.stringify(atom) : atom;
  return String(atom);
}

/** The text of `list`, `get` …: `[a, b]`, `{key=value}`, or the bare atom. */
export function formatDatum(column: Column, datum: Datum): string {
  if (datum instanceof Map) {
    const value = column.value!;
    return `{${[...datum].map(([k, v]) => `${formatAtom(k, column.key)}=${formatAtom(v, value)}`).join(", ")}}`;
  }
  const atoms = atomsOf(datum);
  if (column.max === 1) return atoms.length === 0 ? "[]" : formatAtom(atoms[0], column.key);
  return `[${atoms.map((atom) => formatAtom(atom, column.key)).join(", ")}]`;
}

/** `--data=bare` (`--bare`): atoms without quotes, sets by spaces. */
export function formatBare(datum: Datum): string {
  if (datum instanceof Map) return [...datum].map(([k, v]) => `${k}=${v}`).join(" ");
  return atomsOf(datum).join(" ");
}

/** OVSDB's JSON notation (RFC 7047 section 5.1). */
export function toJson(column: Column, datum: Datum): unknown {
  const atom = (type: AtomType, value: Atom) => (type === "uuid" ? ["uuid", value] : value);
  if (datum instanceof Map) {
    return ["map", [...datum].map(([k, v]) => [atom(column.key, k), atom(column.value!, v)])];
  }
  const atoms = atomsOf(datum).map((value) => atom(column.key, value));
  return atoms.length === 1 ? atoms[0] : ["set", atoms];
}
