/** Which backends are watched: what the columns health_check and ip_port_mappings of load balancers say, as ovn-northd reads them. */
import type { Reader } from "../database/database.ts";
import type { LoadBalancer, LoadBalancerHealthCheck, TextMap } from "../database/model.ts";
import type { Uuid } from "../database/uuid.ts";
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

/** By the balancer's UUID. Backends that are missing in ip_port_mappings, or whose port is not there, are not watched. */
export function checkedBalancers(reader: Reader): ReadonlyMap<Uuid, CheckedServices> {
  const checked = new Map<Uuid, CheckedServices>();
  const rows = reader.rows("Load_Balancer").filter(({ health_check }) => health_check.length > 0);
  if (rows.length === 0) return checked;
  const ports = new Set(reader.rows("Logical_Switch_Port").map(({ name }) => name));
  for (const row of rows) checked.set(row.uuid, checkedServices(reader, row, ports));
  return checked;
}

function checkedServices(reader: Reader, row: LoadBalancer, ports: ReadonlySet<string>): CheckedServices {
  const services = new Map<string, readonly CheckedBackend[]>();
  for (const uuid of row.health_check) {
    const check = reader.row("Load_Balancer_Health_Check", uuid)!;
    if (services.has(check.vip)) continue;
    const backends = mappedBackends(row, check);
    if (backends)
      services.set(
        check.vip,
        backends.filter(({ logicalPort }) => ports.has(logicalPort)),
      );
  }
  return services;
}

/** Rows never change: what one says is parsed once, not after every command. */
const mappedByRow = new WeakMap<LoadBalancer, Map<LoadBalancerHealthCheck, readonly CheckedBackend[] | undefined>>();

function mappedBackends(row: LoadBalancer, check: LoadBalancerHealthCheck): readonly CheckedBackend[] | undefined {
  const known = mappedByRow.get(row) ?? new Map<LoadBalancerHealthCheck, readonly CheckedBackend[] | undefined>();
  mappedByRow.set(row, known);
  if (!known.has(check)) known.set(check, mapBackends(row, check));
  return known.get(check);
}

function mapBackends(
  row: LoadBalancer,
  { vip, options }: LoadBalancerHealthCheck,
): readonly CheckedBackend[] | undefined {
  const protocol = row.protocol[0] ?? "tcp";
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  const mappings = readMappings(row.ip_port_mappings);
  return backendsOf(row, vip)?.flatMap(({ address, port }): CheckedBackend[] => {
    const mapping = mappings.get(address.text);
    return mapping ? [{ address, port: port!, protocol, ...mapping, options }] : [];
  });
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
