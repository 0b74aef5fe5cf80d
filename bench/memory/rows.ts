/** Cases beside figures that others reached, which were recorded on an idle machine of the same kind: a scale, not a race. */
import type { Case, Contestant, Figures, Session } from "../bench.ts";
import { NET, Rig, type RigCase, WITH_SOURCE } from "./rig.ts";

export interface MemoryRow extends Case {
  readonly rig: RigCase;
  /** What the other reached, by metric. */
  readonly recorded: Figures;
}

export async function compareRows(session: Session, other: string, rows: readonly MemoryRow[]): Promise<void> {
  const rigs = new Map<MemoryRow, Rig>();
  const contestants: Contestant[] = [
    { name: "megaflow", kind: "megaflow" },
    { name: other, kind: "limit" },
  ];
  const milliseconds = session.quick ? 40 : 300;
  session.setting("packets a batch", 32);
  session.setting("frame", "60 bytes, TCP, checksums right");
  for (const row of rows) {
    await session.compare({
      contestants,
      cases: [row],
      metrics: [
        { name: WITH_SOURCE, unit: "ns", better: "lower" },
        { name: NET, unit: "ns", better: "lower" },
      ],
      rounds: session.quick ? 3 : 7,
      warmups: 1,
      references: [other],
      measure: (contestant) => {
        if (contestant.name === other) return row.recorded;
        const rig = rigs.get(row) ?? new Rig(row.rig);
        rigs.set(row, rig);
        return rig.measure(milliseconds);
      },
    });
    rigs.delete(row);
  }
}
