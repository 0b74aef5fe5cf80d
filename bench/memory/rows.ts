/** Cases beside what others reach: measured in turn, or recorded on an idle machine of the same kind (a scale, not a race). */
import type { Case, Contestant, Figures, Session } from "../bench.ts";
import { onOneProcessor, PINNED } from "../contestants/processors.ts";
import { NET, WITH_SOURCE } from "./rig.ts";
import { BATCH } from "./source-layout.ts";

export interface MemoryRow extends Case {
  /** Prepares a switch. */
  rig(): Rig | Promise<Rig>;
  /** What others reached: their name, then figures by metric. */
  readonly recorded?: Readonly<Record<string, Figures>>;
  /** Prepares someone else's, by name. */
  readonly others?: Readonly<Record<string, () => Promise<Rig>>>;
}

interface Rig {
  measure(milliseconds: number): Figures | Promise<Figures>;
}

/** `others`: contestants that take part where a row has something of theirs. */
export async function compareRows(
  session: Session,
  others: readonly Contestant[],
  rows: readonly MemoryRow[],
): Promise<void> {
  const milliseconds = session.quick ? 60 : 300;
  session.setting("processors", PINNED);
  session.setting("packets a batch", BATCH);
  session.setting("frame", "60 bytes, TCP, checksums right");
  session.setting("milliseconds a round", milliseconds);
  await onOneProcessor(async () => {
    for (const row of rows) await compareRow(row);
  });

  async function compareRow(row: MemoryRow): Promise<void> {
    // One row at a time: a switch with a million flows takes its share of memory and caches.
    const rigs = new Map<string, Rig>();
    const taken = others.filter(({ name }) => row.recorded?.[name] ?? row.others?.[name]);
    const absent = others.filter(({ missing }) => missing?.() !== undefined);
    await session.compare({
      contestants: [{ name: "megaflow", kind: "megaflow" }, ...taken, ...absent],
      cases: [row],
      metrics: [
        { name: WITH_SOURCE, unit: "ns", better: "lower" },
        { name: NET, unit: "ns", better: "lower" },
      ],
      rounds: session.quick ? 3 : 7,
      warmups: 1,
      references: taken.filter(({ kind }) => kind !== "megaflow").map(({ name }) => name),
      measure: async ({ name }) => {
        const recorded = row.recorded?.[name];
        if (recorded) return recorded;
        const rig = rigs.get(name) ?? (await (row.others?.[name] ?? row.rig)());
        rigs.set(name, rig);
        return rig.measure(milliseconds);
      },
    });
  }
}
