/** dpif-netdev/pmd-stats-show, pmd-stats-clear: what the fast path's thread has done. */
import type { Counters } from "../../../fastpath/datapath.ts";
import type { UnixctlCommand } from "../../command.ts";
import { settingsOf } from "../../settings.ts";
import type { Vswitchd } from "../../vswitchd.ts";

interface Work {
  readonly packets: bigint;
  readonly recirculated: bigint;
  readonly cacheHits: bigint;
  readonly megaflowHits: bigint;
  readonly masksProbed: bigint;
  readonly misses: bigint;
  readonly lost: bigint;
  readonly batches: bigint;
}

function workSince(daemon: Vswitchd): Work {
  const now = daemon.switch.datapath.counters();
  const before = settingsOf(daemon).pmdBaseline;
  const lost = ({ drops }: Counters): bigint => drops.get("upcall_lost") ?? 0n;
  const since = (name: Exclude<keyof Work, "lost">): bigint => now[name] - (before?.[name] ?? 0n);
  return {
    packets: since("packets"),
    recirculated: since("recirculated"),
    cacheHits: since("cacheHits"),
    megaflowHits: since("megaflowHits"),
    masksProbed: since("masksProbed"),
    misses: since("misses"),
    lost: lost(now) - (before === undefined ? 0n : lost(before)),
    batches: since("batches"),
  };
}

const ratio = (a: bigint, b: bigint): string => (b === 0n ? 0 : Number(a) / Number(b)).toFixed(2);

/** `-pmd N` asks for a poll-mode thread of DPDK's, of which there are none. */
export function asksForPmd(words: readonly string[]): boolean {
  return words.includes("-pmd");
}

/** What Megaflow has no such thing as is 0: hardware offload, recycled parses, simple matches, the signature cache. */
export const statsShow: UnixctlCommand = {
  name: "dpif-netdev/pmd-stats-show",
  usage: "[-pmd core] [dp]",
  minimum: 0,
  maximum: 3,
  run(daemon, words) {
    if (asksForPmd(words)) return "";
    const work = workSince(daemon);
    return [
      "main thread:",
      `  packets received: ${work.packets}`,
      `  packet recirculations: ${work.recirculated}`,
      `  avg. datapath passes per packet: ${ratio(work.packets === 0n ? 0n : work.packets + work.recirculated, work.packets)}`,
      "  phwol hits: 0",
      "  mfex opt hits: 0",
      "  simple match hits: 0",
      `  emc hits: ${work.cacheHits}`,
      "  smc hits: 0",
      `  megaflow hits: ${work.megaflowHits}`,
      `  avg. subtable lookups per megaflow hit: ${ratio(work.masksProbed, work.megaflowHits)}`,
      `  miss with success upcall: ${work.misses - work.lost}`,
      `  miss with failed upcall: ${work.lost}`,
      `  avg. packets per output batch: ${ratio(work.packets, work.batches)}`,
    ].join("\n");
  },
};

export const statsClear: UnixctlCommand = {
  name: "dpif-netdev/pmd-stats-clear",
  usage: "[-pmd core] [dp]",
  minimum: 0,
  maximum: 3,
  run(daemon, words) {
    if (!asksForPmd(words)) settingsOf(daemon).pmdBaseline = daemon.switch.datapath.counters();
    return "";
  },
};
