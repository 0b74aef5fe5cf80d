/**
 * Datapaths by the names that OVS gives them: one for each datapath type that a bridge has, `netdev@ovs-netdev`.
 *
 * There is one fast path, whatever the types say; a datapath of a type shows the ports and megaflows of its bridges.
 */
import { KEY_RECIRC_ID } from "../../assembly/layout/key.ts";
import type { PortStatus } from "../fastpath/datapath.ts";
import { fullKey, type Megaflow } from "../slowpath/megaflow.ts";
import type { DatapathPortNames } from "../slowpath/odp/port-names.ts";
import type { SwitchBridge } from "../slowpath/switch.ts";
import type { Vswitchd } from "./vswitchd.ts";

export interface NamedDatapath {
  /** "netdev" */
  readonly type: string;
  /** "ovs-netdev" */
  readonly name: string;
  /** By name. */
  readonly bridges: readonly SwitchBridge[];
}

/** "netdev@ovs-netdev" */
export function label({ type, name }: NamedDatapath): string {
  return `${type}@${name}`;
}

export function datapathType(daemon: Vswitchd, bridge: SwitchBridge): string {
  return daemon.datapathType?.(bridge) ?? "netdev";
}

/** By type; none when there is no bridge. */
export function datapaths(daemon: Vswitchd): NamedDatapath[] {
  const byType = new Map<string, SwitchBridge[]>();
  for (const bridge of daemon.bridges()) {
    const type = datapathType(daemon, bridge);
    const bridges = byType.get(type) ?? [];
    byType.set(type, bridges);
    bridges.push(bridge);
  }
  return [...byType]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, bridges]) => ({
      type,
      name: `ovs-${type}`,
      bridges: bridges.sort((a, b) => (a.name < b.name ? -1 : 1)),
    }));
}

/** The fast path's ports that belong to the datapath's bridges, by number. */
export function portsOf(daemon: Vswitchd, { bridges }: NamedDatapath): PortStatus[] {
  const owners = new Set(bridges);
  return daemon.switch.datapath
    .ports()
    .filter(({ number }) => {
      const owner = daemon.switch.ports.owner(number);
      return owner === undefined || owners.has(owner.bridge);
    })
    .sort((a, b) => a.number - b.number);
}

export function portNames(daemon: Vswitchd): DatapathPortNames {
  const ports = daemon.switch.datapath.ports();
  return {
    nameOf: (wanted) => ports.find(({ number }) => number === wanted)?.name,
    numberOf: (wanted) => ports.find(({ name }) => name === wanted)?.number,
  };
}

/** The bridge that a datapath key's packet goes on in; undefined when neither its port nor its recirculation id is known. */
export function bridgeOfKey(daemon: Vswitchd, key: Uint8Array): SwitchBridge | undefined {
  const view = new DataView(key.buffer, key.byteOffset);
  const id = view.getUint32(KEY_RECIRC_ID);
  const frozen = id === 0 ? undefined : daemon.switch.recirculation.state(id)?.bridge;
  if (frozen !== undefined) return daemon.bridges().find((bridge) => bridge === frozen);
  return daemon.switch.ports.ownerOfKey(key)?.bridge;
}

export function* flowsOf(daemon: Vswitchd, bridges: readonly SwitchBridge[]): Generator<Megaflow> {
  const all = daemon.bridges().every((bridge) => bridges.includes(bridge));
  for (const flow of daemon.switch.megaflows) {
    const bridge = all ? undefined : bridgeOfKey(daemon, fullKey(flow));
    if (all || (bridge !== undefined && bridges.includes(bridge))) yield flow;
  }
}

export interface LookupCounts {
  readonly hit: bigint;
  readonly missed: bigint;
  readonly lost: bigint;
}

export function lookupCounts(daemon: Vswitchd): LookupCounts {
  const { cacheHits, megaflowHits, misses, drops } = daemon.switch.datapath.counters();
  const lost = drops.get("upcall_lost") ?? 0n;
  return { hit: cacheHits + megaflowHits, missed: misses, lost };
}
