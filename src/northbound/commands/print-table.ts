/** Tables in ovs's output formats: list, table, csv, json; values as strings, bare, or JSON. */
import type { OutputCell, OutputTable } from "./command.ts";

export interface TableStyle {
  readonly format: "list" | "table" | "csv" | "html" | "json";
  readonly data: "string" | "bare" | "json";
  readonly headings: boolean;
}

export function formatTable(table: OutputTable, style: TableStyle): string {
  const cell = ({ text, bare, json }: OutputCell): string =>
    style.data === "bare" ? bare : style.data === "json" ? JSON.stringify(json) : text;
  const rows = table.rows.map((row) => row.map(cell));
  switch (style.format) {
    case "json":
      return `${JSON.stringify({ data: table.rows.map((row) => row.map(({ json }) => json)), headings: table.headings })}\n`;
    case "csv":
      return lines((style.headings ? [table.headings, ...rows] : rows).map((row) => row.map(csvField).join(",")));
    case "html":
      return html(table.headings, rows, style.headings);
    case "table":
      return columns(table.headings, rows, style.headings);
    default:
      return records(table.headings, rows, style.headings);
  }
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

/** One line a column, a blank line between rows. */
function records(headings: readonly string[], rows: readonly (readonly string[])[], withHeadings: boolean): string {
  return rows
    .map((row) => lines(row.map((text, i) => (withHeadings ? `${headings[i].padEnd(20)}: ${text}` : text))))
    .join("\n");
}

function columns(headings: readonly string[], rows: readonly (readonly string[])[], withHeadings: boolean): string {
  const all = withHeadings ? [headings, ...rows] : rows;
  const widths = headings.map((_, i) => Math.max(0, ...all.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i < row.length - 1 ? text.padEnd(widths[i]) : text)).join(" ");
  const body = rows.map(line);
  return lines(withHeadings ? [line(headings), widths.map((width) => "-".repeat(width)).join(" "), ...body] : body);
}

/** RFC 4180. */
const csvField = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function html(headings: readonly string[], rows: readonly (readonly string[])[], withHeadings: boolean): string {
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const row = (cells: readonly string[], tag: string) =>
    `  <tr>\n${cells.map((text) => `    <${tag}>${escaped(text)}</${tag}>\n`).join("")}  </tr>\n`;
  return `<table border=1>\n${withHeadings ? row(headings, "th") : ""}${rows.map((cells) => row(cells, "td")).join("")}</table>\n`;
}
