/** Cases beside figures that others reached, which were recorded on an idle machine of the same kind: a scale, not a race. */
import type { Case, Contestant, Figures, Session } from "../bench.ts";
import { onOneProcessor, PINNED } from "../contestants/processors.ts";
import { BATCH } from "./packet-source.ts";
import { NET, WITH_SOURCE } from "./rig.ts";

export interface MemoryRow extends Case {
  /** Prepares a switch. */
  rig(): { measure(milliseconds: number): Figures };
  /** What others reached: their name, then figures by metric. */
  readonly recorded?: Readonly<Record<string, Figures>>;
}

export async function compareRows(
  session: Session,
  others: readonly string[],
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
    // One at a time: a switch with a million flows takes its share of memory and caches.
    let rig: ReturnType<MemoryRow["rig"]> | undefined;
    const taken = others.filter((other) => row.recorded?.[other] !== undefined);
    const contestants: Contestant[] = [
      { name: "megaflow", kind: "megaflow" },
      ...taken.map((name): Contestant => ({ name, kind: "limit" })),
    ];
    await session.compare({
      contestants,
      cases: [row],
      metrics: [
        { name: WITH_SOURCE, unit: "ns", better: "lower" },
        { name: NET, unit: "ns", better: "lower" },
      ],
      rounds: session.quick ? 3 : 7,
      warmups: 1,
      references: taken,
      measure: ({ name }) => {
        const recorded = row.recorded?.[name];
        if (recorded) return recorded;
        rig ??= row.rig();
        return rig.measure(milliseconds);
      },
    });
  }
}
