/** The datapath as texts call it. There is one; OVS has one for each type of bridge, and so names it by the bridges' types. */
import type { DatapathPortNames } from "../slowpath/odp/port-names.ts";
import type { Switch, SwitchBridge, SwitchPort } from "../slowpath/switch.ts";
import { UnixctlError } from "./command.ts";
import type { Vswitchd } from "./vswitchd.ts";

export const datapathName = (type: string): string => `${type}@ovs-${type}`;

/** Bridges by the type of their datapath, types in the order of their names. */
export function bridgesByType(daemon: Vswitchd): [type: string, bridges: SwitchBridge[]][] {
  const types = new Map<string, SwitchBridge[]>();
  for (const bridge of daemon.bridges()) {
    const group = types.get(bridge.datapathType);
    if (group === undefined) types.set(bridge.datapathType, [bridge]);
    else group.push(bridge);
  }
  return [...types].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** "netdev@ovs-netdev" or "ovs-netdev". */
export function isDatapathName(word: string): boolean {
  return /^([a-z]+@)?ovs-[a-z]+$/.test(word);
}

/** @throws UnixctlError in the words of OVS. */
export function requireBridge(daemon: Vswitchd, name: string): SwitchBridge {
  const bridge = daemon.bridges().find((one) => one.name === name);
  if (bridge === undefined) throw new UnixctlError("no such bridge");
  return bridge;
}

export function datapathPortNames(owner: Switch): DatapathPortNames {
  return {
    nameOf: (number) => owner.owner(number)?.port.name,
    numberOf(name) {
      for (const bridge of owner.bridges()) {
        const number = bridge.portByName(name)?.datapathPort;
        if (number !== undefined) return number;
      }
      return undefined;
    },
  };
}

/** How OVS calls the kind of a port. */
export function portType({ kind }: SwitchPort): string {
  return kind === "test" ? "dummy" : kind;
}

/** Packets that met a megaflow or the cache, and those that met none. */
export function lookups(owner: Switch): { hit: bigint; missed: bigint; lost: number } {
  const { cacheHits, megaflowHits, misses } = owner.datapath.counters();
  return { hit: cacheHits + megaflowHits, missed: misses, lost: owner.upcalls.statistics.dropped };
}
