import type { UnixctlCommand } from "../command.ts";

/** What Megaflow has no such thing as is 0: recycled parses, simple matches, the signature cache. */
export const pmdStatsShow: UnixctlCommand = {
  name: "dpif-netdev/pmd-stats-show",
  usage: "[-pmd core] [dp]",
  minimum: 0,
  maximum: 3,
  run({ switch: owner }) {
    const { packets, recirculated, cacheHits, megaflowHits, masksProbed, misses, batches } = owner.datapath.counters();
    const ratio = (a: bigint, b: bigint): string => (b === 0n ? 0 : Number(a) / Number(b)).toFixed(2);
    const failed = owner.upcalls.statistics.dropped;
    return [
      "main thread:",
      `  packets received: ${packets}`,
      `  packet recirculations: ${recirculated}`,
      `  avg. datapath passes per packet: ${ratio(packets + recirculated, packets)}`,
      "  phwol hits: 0",
      "  mfex opt hits: 0",
      "  simple match hits: 0",
      `  emc hits: ${cacheHits}`,
      "  smc hits: 0",
      `  megaflow hits: ${megaflowHits}`,
      `  avg. subtable lookups per megaflow hit: ${ratio(masksProbed, megaflowHits)}`,
      `  miss with success upcall: ${misses - BigInt(failed)}`,
      `  miss with failed upcall: ${failed}`,
      `  avg. packets per output batch: ${ratio(packets, batches)}`,
    ]
      .map((line) => `${line}\n`)
      .join("");
  },
};
