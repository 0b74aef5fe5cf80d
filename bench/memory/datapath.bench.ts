/**
 * Look-up, tracker and groups in memory, beside OVS 3.1 with DPDK: one polling core, 60-byte frames from a source in memory; in
 * turn where it is installed, its source alone too, else what was recorded of it. That source alone cost 50, 75 and 102 ns at 1,
 * 10k and 100k flows: recorded figures "net of it" are without.
 */
import type { Bench, Contestant, Session } from "../bench.ts";
import { lacks } from "../install.ts";
import {
  byFields,
  DP_HASH,
  establishedCase,
  IP_SRC,
  newCase,
  outputCase,
  recirculatedSelectCase,
  selectCase,
  TP_SRC,
  translatedCase,
} from "./cases.ts";
import { type DpdkCase, dpdkEstablished, dpdkOutput, dpdkSelect, dpdkTranslated } from "./dpdk-cases.ts";
import { DpdkRig } from "./dpdk-rig.ts";
import { NET, Rig, type RigCase, WITH_SOURCE } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

const LIVE = "OVS-DPDK";
const ONE_A_FLOW = "megaflow, one a flow";
const RECORDED = "OVS-DPDK, recorded";
/** Nanoseconds of OVS's packet source, by flows, as recorded. */
const SOURCE: Readonly<Record<number, number>> = { 1: 50, 10000: 75, 100000: 102 };
const MASK_FLOWS = 100_000;
/** More take seconds to prepare. */
const QUICK_MOST = 100_000;

interface Table {
  readonly name: string;
  readonly axis: "flows" | "connections" | "masks";
  readonly sizes: readonly number[];
  /** `shared`: neighbours that have a megaflow in common. */
  make(size: number, shared?: number): RigCase;
  dpdk?(size: number): DpdkCase;
  /** What was recorded, with the source, by size. */
  readonly ovs?: Readonly<Record<number, number>>;
}

const FLOWS = [1, 10_000, 100_000, 1_000_000];

export const TABLES: readonly Table[] = [
  {
    name: "output, exact-match cache",
    axis: "flows",
    sizes: FLOWS,
    make: (flows, shared) => outputCase(flows, 1, true, shared),
    dpdk: (flows) => dpdkOutput(flows),
    ovs: { 1: 74, 10000: 227, 100000: 246 },
  },
  {
    name: "output, one mask, no cache",
    axis: "flows",
    sizes: FLOWS,
    make: (flows, shared) => outputCase(flows, 1, false, shared),
    dpdk: (flows) => dpdkOutput(flows, 1, false),
    ovs: { 1: 114, 10000: 128, 100000: 191 },
  },
  {
    name: "100,000 flows, no cache",
    axis: "masks",
    sizes: [1, 5, 10, 30, 128, 512, 2048],
    make: (masks, shared) => outputCase(MASK_FLOWS, masks, false, shared),
    dpdk: (masks) => dpdkOutput(MASK_FLOWS, masks, false),
    ovs: { 1: 191, 10: 303, 30: 948, 128: 2600, 512: 15_000, 2048: 41_000 },
  },
  {
    name: "ct established",
    axis: "connections",
    sizes: FLOWS,
    make: establishedCase,
    dpdk: dpdkEstablished,
    ovs: { 1: 275, 10000: 772, 100000: 1032 },
  },
  { name: "ct new, committed", axis: "connections", sizes: [32, 10_000, 100_000, 1_000_000], make: newCase },
  {
    name: "ct DNAT established, two zones",
    axis: "connections",
    // Two entries for each of them: half a million fill the tracker.
    sizes: [1, 10_000, 100_000, 500_000],
    make: translatedCase,
    dpdk: dpdkTranslated,
    ovs: { 1: 339, 10000: 1859, 100000: 1462 },
  },
  {
    name: "select dp_hash, one pass",
    axis: "flows",
    sizes: FLOWS,
    make: (flows) => selectCase(flows, DP_HASH),
    dpdk: (flows) => dpdkSelect(flows, "dp_hash"),
    ovs: { 1: 106, 10000: 319, 100000: 448 },
  },
  {
    name: "select dp_hash, by recirculation",
    axis: "flows",
    sizes: FLOWS,
    make: recirculatedSelectCase,
    dpdk: (flows) => dpdkSelect(flows, "dp_hash"),
    ovs: { 1: 106, 10000: 319, 100000: 448 },
  },
  {
    name: "select by ip_src",
    axis: "flows",
    sizes: FLOWS,
    make: (flows) => selectCase(flows, byFields(IP_SRC)),
    dpdk: (flows) => dpdkSelect(flows, "hash,fields(ip_src)"),
    ovs: { 1: 86, 10000: 188, 100000: 240 },
  },
  {
    name: "select by ip_src,tp_src",
    axis: "flows",
    sizes: FLOWS,
    make: (flows) => selectCase(flows, byFields(IP_SRC, TP_SRC)),
    dpdk: (flows) => dpdkSelect(flows, "hash,fields(ip_src,tcp_src)"),
    ovs: { 1: 86, 10000: 516 },
  },
];

/** OVS is played at what was recorded of it, too: more it does not hold. */
const DPDK_MOST = 100_000;

function rowsOf(
  { name, axis, sizes, make, dpdk, ovs }: Table,
  { quick }: Session,
  live: DpdkRig | undefined,
): MemoryRow[] {
  return sizes
    .filter((size) => !quick || size <= QUICK_MOST)
    .map((size): MemoryRow => {
      const at = { axis, value: size, scale: "log" } as const;
      const played = live && size <= DPDK_MOST ? dpdk?.(size) : undefined;
      if (live === undefined || played === undefined) {
        const recorded = ovs?.[size];
        const source = SOURCE[axis === "masks" ? MASK_FLOWS : size];
        const figures = recorded !== undefined && { [WITH_SOURCE]: recorded, [NET]: recorded - source };
        return { name, at, rig: () => new Rig(make(size)), recorded: figures ? { [RECORDED]: figures } : undefined };
      }
      const { shared = 1 } = played;
      const one = { [ONE_A_FLOW]: async () => new Rig(make(size)) };
      return {
        name,
        at,
        rig: () => new Rig(make(size, shared)),
        others: { [LIVE]: () => live.prepare(played), ...(shared > 1 && one) },
      };
    });
}

/** Why it is not measured in this run. */
function absence(session: Session): string | undefined {
  const asked = session.asksFor("dpdk");
  if (asked === false) return "others were asked for";
  if (session.quick && !asked) return "in a quick run only when asked for: --against dpdk";
  return lacks("dpdk");
}

const bench: Bench = {
  title: "in memory, beside OVS with DPDK: ns a packet",
  async measure(session) {
    if (session.quick) {
      session.note(`The quick run leaves out more than ${QUICK_MOST.toLocaleString("en-US")} flows or connections.`);
    }
    const missing = absence(session);
    const live = missing === undefined ? new DpdkRig() : undefined;
    session.note(
      live
        ? `OVS-DPDK plays the same frames from a pcap port, with its caches as they come and its buffers in ${live.hugePages ? "pages of 2 MiB" : "pages of 4 KiB (the machine has no larger ones to give)"}; what that port costs alone is measured in turn. It holds 65,536 megaflows: beyond, neighbours share one, for Megaflow alike; "${ONE_A_FLOW}" is what it takes without.`
        : "OVS-DPDK's figures were recorded on an idle machine of this kind, not measured in this run: a scale, not a race.",
    );
    const others: Contestant[] = [
      { name: ONE_A_FLOW, kind: "megaflow" },
      { name: LIVE, kind: "dpdk", missing: () => missing },
      { name: RECORDED, kind: "limit" },
    ];
    try {
      await compareRows(
        session,
        others,
        TABLES.flatMap((table) => rowsOf(table, session, live)),
      );
    } finally {
      await live?.stop();
    }
  },
};
export default bench;
