/** Rows of a database table as a table to print: which columns, and each value in its notations. */
import { formatBare, formatDatum, toJson } from "../database/datum.ts";
import type { Table } from "../database/schema.ts";
import { type AnyRow, columnValue, findColumn } from "./columns.ts";
import type { Invocation } from "./command.ts";

export function printRows({ options, printTable }: Invocation, table: Table, rows: readonly AnyRow[]): void {
  const requested = options.get("--columns");
  const names =
    requested === undefined ? ["_uuid", ...table.columns.map(({ name }) => name)] : requested.split(/[, ]+/);
  const columns = names.filter((name) => name !== "").map((name) => findColumn(table, name));
  printTable({
    headings: columns.map(({ name }) => name),
    rows: rows.map((row) =>
      columns.map((column) => {
        const datum = columnValue(row, column);
        return { text: formatDatum(column, datum), bare: formatBare(datum), json: toJson(column, datum) };
      }),
    ),
  });
}
