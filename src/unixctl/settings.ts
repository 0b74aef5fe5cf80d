/** What commands have set that the switch itself has no use for, kept for as long as the daemon lives. */
import type { Counters } from "../fastpath/datapath.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface Settings {
  /** dpif-netdev/pmd-stats-clear: counters start from here. */
  pmdBaseline?: Counters;
  /** upcall/show: most megaflows seen, and their running mean. */
  flowsMost: number;
  flowsMean: number;
  /** upcall/disable-ufid */
  ufid: boolean;
  /** tnl/neigh/aging, seconds */
  neighbourAging: number;
  sourcePorts: readonly [number, number];
  /** dpif/set-dp-features: those that differ from what the datapath can. */
  readonly features: Map<string, string>;
}

const all = new WeakMap<Vswitchd, Settings>();

export function settingsOf(daemon: Vswitchd): Settings {
  let settings = all.get(daemon);
  if (settings === undefined) {
    settings = {
      flowsMost: 0,
      flowsMean: 0,
      ufid: true,
      neighbourAging: 900,
      sourcePorts: [32768, 61000],
      features: new Map(),
    };
    all.set(daemon, settings);
  }
  return settings;
}
