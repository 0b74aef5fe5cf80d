/**
 * What the database wants, read from its rows: bridges with their ports and interfaces.
 *
 * Invariants: names are unique in what is returned: a second interface of a name is left out and told about. Every bridge
 *   has its own internal port, whether the database lists it or not.
 */
import type { Replica } from "../replica.ts";
import {
  type BridgeRow,
  type ControllerRow,
  type FlowTableRow,
  type InterfaceRow,
  type OpenVSwitchRow,
  type PortRow,
  rowsBehind,
  rowsOf,
} from "./tables.ts";

export interface InterfaceConfiguration {
  readonly name: string;
  /** "system", "internal", "geneve" …; never empty. */
  readonly type: string;
  readonly isLocal: boolean;
  /** Absent: a bridge's own interface that nobody has listed. */
  readonly row?: InterfaceRow;
  readonly port?: PortRow;
  /** More than one interface in the port. */
  readonly isBonded: boolean;
}

export interface BridgeConfiguration {
  readonly name: string;
  readonly row: BridgeRow;
  readonly controllers: readonly ControllerRow[];
  readonly interfaces: readonly InterfaceConfiguration[];
  /** By table number. */
  readonly flowTables: ReadonlyMap<number, FlowTableRow>;
}

export interface Configuration {
  readonly root: OpenVSwitchRow;
  readonly bridges: readonly BridgeConfiguration[];
  /** Sentences about what was left out. */
  readonly complaints: readonly string[];
}

/** undefined: the database has no Open_vSwitch row yet. */
export function readConfiguration(replica: Replica): Configuration | undefined {
  const root = rowsOf(replica, "Open_vSwitch")[0];
  if (root === undefined) return undefined;
  const complaints: string[] = [];
  const taken = new Set<string>();
  const bridges: BridgeConfiguration[] = [];
  for (const row of rowsBehind(replica, "Bridge", root.bridges).sort(byName)) {
    if (row.name.includes("/") || row.name === "") {
      complaints.push(`ignoring bridge with invalid name "${row.name}": it cannot be a file's name`);
      continue;
    }
    if (bridges.some(({ name }) => name === row.name)) {
      complaints.push(`bridge ${row.name} specified twice`);
      continue;
    }
    const controllers = rowsBehind(replica, "Controller", row.controller);
    const interfaces = readInterfaces(replica, row, taken, complaints);
    bridges.push({ name: row.name, row, controllers, interfaces, flowTables: readFlowTables(replica, row) });
  }
  return { root, bridges, complaints };
}

function readFlowTables(replica: Replica, { flow_tables }: BridgeRow): Map<number, FlowTableRow> {
  const entries = [...(flow_tables ?? [])].map(([number, uuid]) => [number, replica.row("Flow_Table", uuid)] as const);
  return new Map(entries.filter(([, row]) => row !== undefined) as [number, FlowTableRow][]);
}

function readInterfaces(
  replica: Replica,
  bridge: BridgeRow,
  taken: Set<string>,
  complaints: string[],
): InterfaceConfiguration[] {
  const interfaces: InterfaceConfiguration[] = [];
  for (const port of rowsBehind(replica, "Port", bridge.ports).sort(byName)) {
    const rows = rowsBehind(replica, "Interface", port.interfaces).sort(byName);
    for (const row of rows) {
      if (taken.has(row.name)) {
        complaints.push(`bridge ${bridge.name}: ${row.name} is in more than one port, ignoring it here`);
        continue;
      }
      taken.add(row.name);
      const isLocal = row.name === bridge.name;
      const type = isLocal ? "internal" : row.type || "system";
      interfaces.push({ name: row.name, type, isLocal, row, port, isBonded: rows.length > 1 });
    }
  }
  if (!interfaces.some(({ isLocal }) => isLocal) && !taken.has(bridge.name)) {
    taken.add(bridge.name);
    interfaces.push({ name: bridge.name, type: "internal", isLocal: true, isBonded: false });
  }
  return interfaces.sort(firstLocalThenRequested);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Whoever wishes for a number gets it before those that take what is left. */
function firstLocalThenRequested(a: InterfaceConfiguration, b: InterfaceConfiguration): number {
  const rank = ({ isLocal, row }: InterfaceConfiguration): number =>
    isLocal ? 0 : row?.ofport_request !== undefined ? 1 : (row?.ofport ?? -1) > 0 ? 2 : 3;
  return rank(a) - rank(b);
}
