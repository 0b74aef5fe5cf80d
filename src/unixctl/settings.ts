/** What commands keep for as long as the daemon lives: settings that only texts show, and the history of counters. */
import type { Counters } from "../fastpath/datapath.ts";
import { COVERAGE_INTERVAL, CoverageHistory } from "./coverage-history.ts";
import { KernelTunnels } from "./kernel-tunnels.ts";
import type { TunnelTables, Vswitchd } from "./vswitchd.ts";

export interface Settings {
  readonly coverage: CoverageHistory;
  /** upcall/show: most megaflows seen, and their running mean. */
  flowsMost: number;
  flowsMean: number;
  /** dpif-netdev/pmd-stats-clear: counters start from here. */
  pmdBaseline?: Counters;
  /** upcall/disable-ufid */
  ufid: boolean;
  /** tnl/neigh/aging, seconds */
  neighbourAging: number;
  readonly tunnels: TunnelTables;
  /** dpif/set-dp-features: those that differ from what the datapath can. */
  readonly features: Map<string, string>;
}

const all = new WeakMap<Vswitchd, Settings>();

export function settingsOf(daemon: Vswitchd): Settings {
  let settings = all.get(daemon);
  if (settings === undefined) {
    const counts = () => new Map(Object.entries(daemon.coverage?.() ?? {}).map(([name, n]) => [name, Number(n)]));
    const coverage = new CoverageHistory(counts);
    settings = {
      coverage,
      flowsMost: 0,
      flowsMean: 0,
      ufid: true,
      neighbourAging: 900,
      tunnels: daemon.tunnels ?? new KernelTunnels((name) => daemon.bridges().some((bridge) => bridge.name === name)),
      features: new Map(),
    };
    all.set(daemon, settings);
  }
  return settings;
}

/** Looks at the counters every five seconds. @returns what ends it. */
export function observe(daemon: Vswitchd): () => void {
  const settings = settingsOf(daemon);
  const timer = setInterval(() => {
    settings.coverage.look();
    const { size } = daemon.switch.megaflows;
    settings.flowsMost = Math.max(settings.flowsMost, size);
    settings.flowsMean = (settings.flowsMean + size) / 2;
  }, COVERAGE_INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}
