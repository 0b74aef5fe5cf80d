/** A row of Service_Monitor with all that it takes to ask: where the backend is, and how to write to it. */
import type { ServiceMonitor } from "../database/model.ts";
import { type Address, parseAddress } from "../network/ip.ts";
import type { SwitchPort, Topology } from "../pipeline/topology.ts";
import type { CheckedProtocol } from "./checks.ts";
import { type Timing, timingOf } from "./timing.ts";

export interface MonitoredService {
  /** The row's. */
  readonly uuid: string;
  readonly protocol: CheckedProtocol;
  readonly address: Address;
  readonly port: number;
  readonly mac: string;
  readonly source: Address;
  readonly sourceMac: string;
  readonly switchKey: number;
  readonly portKey: number;
  readonly timing: Timing;
}

/** Those that can be asked: the port is bound, and has the backend's address among its own. */
export function monitoredServices(
  rows: readonly ServiceMonitor[],
  { switches }: Topology,
): readonly MonitoredService[] {
  if (rows.length === 0) return [];
  const ports = new Map(switches.flatMap((item) => item.ports).map((port) => [port.name, port]));
  return rows.flatMap((row): MonitoredService[] => {
    const port = ports.get(row.logical_port);
    const mac = port?.ofport === undefined ? undefined : macOf(port, row.ip);
    const { address, source, timing } = saidBy(row);
    if (!port || !mac || !address || source?.family !== address.family) return [];
    return [
      {
        uuid: row.uuid,
        protocol: (row.protocol[0] ?? "tcp") as CheckedProtocol,
        address,
        port: row.port,
        mac,
        source,
        sourceMac: row.src_mac,
        switchKey: port.owner.key,
        portKey: port.key,
        timing,
      },
    ];
  });
}

interface Parsed {
  readonly address?: Address;
  readonly source?: Address;
  readonly timing: Timing;
}

/** Rows never change: what one says is parsed once. */
const parsedRows = new WeakMap<ServiceMonitor, Parsed>();

function saidBy(row: ServiceMonitor): Parsed {
  const known = parsedRows.get(row);
  if (known) return known;
  const { ip, src_ip: source, options } = row;
  const parsed = { address: parseAddress(ip), source: parseAddress(source), timing: timingOf(options) };
  parsedRows.set(row, parsed);
  return parsed;
}

function macOf({ addresses }: SwitchPort, ip: string): string | undefined {
  return addresses.find(({ networks }) => networks.some(({ address }) => address.text === ip))?.mac;
}
