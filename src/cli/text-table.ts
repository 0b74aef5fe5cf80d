/** Columns of text as wide as their widest cell; numbers stand to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column].length)));
  const numeric = headings.map((_, column) => rows.length > 0 && rows.every((row) => /^[\d.]+$/.test(row[column])));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd();
  return [headings, ...rows].map(line).join("\n");
}
