/** The generator's own ceiling beside what it measured: never the bottleneck silently. */
import type { Session } from "./bench.ts";
import { CEILING } from "./contestants/kernel.ts";
import type { Row } from "./schema.ts";
import { median } from "./statistics.ts";
import { figure, samplesOf } from "./table.ts";

/** A contestant this near to the generator's ceiling may be faster than its figure says. */
const NEAR = 0.9;

/** Says of a row of rates what the generator makes without a switch, and whom it may hold back. Nothing where there is no such figure. */
export function noteCeiling(session: Pick<Session, "note">, row: Row): void {
  const ceiling = samplesOf(row, CEILING);
  if (ceiling === undefined) return;
  const near = row.series.filter(({ samples }) => samples.length > 0 && median(samples) > NEAR * median(ceiling));
  const names = near.map(({ contestant }) => contestant).filter((name) => name !== CEILING);
  const bound = names.length > 0 ? `; ${names.join(", ")} may be held back by it` : "";
  session.note(`${row.case}: the generator makes ${figure(median(ceiling))} ${row.unit} without a switch${bound}.`);
}
