/** Which backends are watched: what the columns health_check and ip_port_mappings of load balancers say, as ovn-northd reads them. */
import type { Reader } from "../database/database.ts";
import type { LoadBalancer, TextMap } from "../database/model.ts";
import { type Address, parseAddress } from "../network/ip.ts";
import { type Endpoint, parseEndpoint, parseVirtualService, VirtualServiceError } from "../network/virtual-service.ts";

export type CheckedProtocol = "tcp" | "udp";

export interface CheckedBackend {
  readonly address: Address;
  readonly port: number;
  readonly protocol: CheckedProtocol;
  readonly logicalPort: string;
  /** From which address it is asked: one that nobody on its network has. */
  readonly source: Address;
  readonly options: TextMap;
}

/** Key in column vips → those of its backends that are watched. */
export type CheckedServices = ReadonlyMap<string, readonly CheckedBackend[]>;

/** Backends that are missing in ip_port_mappings, or whose port is not there, are not watched. */
export function checkedServices(reader: Reader, row: LoadBalancer): CheckedServices {
  const protocol = row.protocol[0] ?? "tcp";
  if (row.health_check.length === 0 || (protocol !== "tcp" && protocol !== "udp")) return new Map();
  const mappings = readMappings(row.ip_port_mappings);
  const ports = new Set(reader.rows("Logical_Switch_Port").map(({ name }) => name));
  const services = new Map<string, readonly CheckedBackend[]>();
  for (const uuid of row.health_check) {
    const { vip, options } = reader.row("Load_Balancer_Health_Check", uuid)!;
    const backends = services.has(vip) ? undefined : backendsOf(row, vip);
    if (!backends) continue;
    const checked = backends.flatMap(({ address, port }): CheckedBackend[] => {
      const mapping = mappings.get(address.text);
      if (!mapping || !ports.has(mapping.logicalPort)) return [];
      return [{ address, port: port!, protocol, ...mapping, options }];
    });
    services.set(vip, checked);
  }
  return services;
}

/** `undefined` when there is no such service, or one of all ports: which of them should be asked? */
function backendsOf({ vips }: LoadBalancer, key: string): readonly Endpoint[] | undefined {
  const backends = vips.get(key);
  if (backends === undefined) return undefined;
  try {
    const service = parseVirtualService(key, backends);
    return service.vip.port === undefined ? undefined : service.backends;
  } catch (error) {
    if (error instanceof VirtualServiceError) return undefined;
    throw error;
  }
}

interface Mapping {
  readonly logicalPort: string;
  readonly source: Address;
}

/** "1.1.1.100" → "PORT:1.1.1.2"; "[fd01::100]" → "PORT:[fd01::2]". */
function readMappings(column: TextMap): ReadonlyMap<string, Mapping> {
  const mappings = new Map<string, Mapping>();
  for (const [key, value] of column) {
    const colon = value.indexOf(":");
    const address = addressOf(key);
    const source = colon < 0 ? undefined : addressOf(value.slice(colon + 1));
    if (address && source) mappings.set(address.text, { logicalPort: value.slice(0, colon), source });
  }
  return mappings;
}

/** With or without the brackets that IPv6 addresses have in these columns. */
function addressOf(text: string): Address | undefined {
  const endpoint = parseEndpoint(text);
  return endpoint?.port === undefined ? endpoint?.address : parseAddress(text);
}

/** What a watched backend is known by: load balancers that have it in common share its monitor. */
export function monitorKey(service: {
  readonly logicalPort: string;
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}): string {
  return [service.logicalPort, service.ip, service.port, service.protocol].join(" ");
}

export const keyOfBackend = ({ logicalPort, address, port, protocol }: CheckedBackend): string =>
  monitorKey({ logicalPort, ip: address.text, port, protocol });
