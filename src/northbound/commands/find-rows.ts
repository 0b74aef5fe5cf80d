import { type Atom, atomsOf, type Datum, equalData, normalize } from "../database/datum.ts";
import type { Column, Table } from "../database/schema.ts";
import { type AnyRow, columnValue, findTable, parseColumnKey, rowsOf } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError } from "./command.ts";
import { printRows } from "./row-table.ts";
import { parseDatum, parseWholeAtom } from "./value-parser.ts";

export const findRows: Command = {
  name: "find",
  usage: "TABLE [COLUMN[:KEY]=VALUE]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  options: ["--columns="],
  run(invocation) {
    const table = findTable(invocation.words[0]);
    const conditions = invocation.words.slice(1).map((text) => parseCondition(table, text));
    const rows = rowsOf(invocation.transaction, table).filter((row) => conditions.every((holds) => holds(row)));
    printRows(invocation, table, rows);
  },
};

type Condition = (row: AnyRow) => boolean;

const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"];

/** Also the condition of wait-until. */
export function parseCondition(table: Table, text: string): Condition {
  const { column, key, rest } = parseColumnKey(table, text);
  const operator = OPERATORS.find((candidate) => rest.startsWith(candidate));
  if (!operator || rest.length === operator.length) {
    throw new CommandError(`${text}: argument does not end in "=", "!=", "<", ">", "<=", or ">=" followed by a value.`);
  }
  const wanted = rest.slice(operator.length);
  if (key === undefined) return compareWhole(column, operator, parseDatum(column, wanted));
  const value = parseWholeAtom(column.value!, wanted);
  // A row without the key satisfies no condition but "!=".
  return (row) => {
    const found = (row[column.name] as ReadonlyMap<Atom, Atom>).get(key);
    return found === undefined ? operator === "!=" : compare(operator, found, value, found === value);
  };
}

function compareWhole(column: Column, operator: string, wanted: Datum): Condition {
  const normal = column.oneOf || column.range ? wanted : normalize(column, wanted);
  return (row) => {
    const found = columnValue(row, column);
    // Maps and sets satisfy "=" when they hold at least what is asked for.
    if (found instanceof Map && normal instanceof Map) {
      const held = [...normal].every(([key, value]) => found.get(key) === value);
      return operator === "!=" ? !equalData(found, normal) : operator === "=" ? held : false;
    }
    return compare(operator, atomsOf(found)[0], atomsOf(normal)[0], equalData(asSet(found), asSet(normal)));
  };
}

const asSet = (datum: Datum): Datum => (Array.isArray(datum) ? [...datum].sort() : [datum as Atom]);

function compare(operator: string, a: Atom | undefined, b: Atom | undefined, equal: boolean): boolean {
  switch (operator) {
    case "=":
      return equal;
    case "!=":
      return !equal;
    case "<":
      return a !== undefined && b !== undefined && a < b;
    case ">":
      return a !== undefined && b !== undefined && a > b;
    case "<=":
      return a !== undefined && b !== undefined && a <= b;
    default:
      return a !== undefined && b !== undefined && a >= b;
  }
}
