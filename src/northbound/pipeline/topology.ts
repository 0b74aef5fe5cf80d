/**
 * The database as the compiler wants it: objects that point at each other, addresses parsed, numbers assigned.
 *
 * Rows that OVN's northd passes over (a router port nobody is joined to, an address that does not parse) are passed over here too:
 * commands may come in any order, and half-built topologies are normal.
 */
import type { Reader } from "../database/database.ts";
import type {
  LoadBalancer,
  LogicalRouter,
  LogicalRouterPort,
  LogicalSwitch,
  LogicalSwitchPort,
} from "../database/model.ts";
import { type Address, linkLocalAddress, type Network, parseAddress, parseNetwork } from "../network/ip.ts";
import { parseMac } from "../network/mac.ts";
import { type PortAddresses, parsePortAddresses } from "../network/port-addresses.ts";
import {
  type Endpoint,
  parseVirtualService,
  type VirtualService,
  VirtualServiceError,
} from "../network/virtual-service.ts";
import { BackendWatch } from "./backend-watch.ts";
import type { Identities } from "./identities.ts";
import { type Route, routesOf } from "./routes.ts";

export interface Switch {
  readonly kind: "switch";
  readonly uuid: string;
  readonly name: string;
  readonly key: number;
  readonly dnatZone: number;
  readonly snatZone: number;
  readonly ports: SwitchPort[];
  readonly balancers: readonly Balancer[];
  /** Some balancer has a VIP: IP packets go through the connection tracker. */
  readonly hasVip: boolean;
  readonly monitor: ServiceMonitoring;
}

/** Health checks, as a switch sees them. */
export interface ServiceMonitoring {
  /** Who asks backends, and is answered; `undefined` when none is watched on any switch. */
  readonly mac?: string;
  /** Addresses of this switch's networks that the monitor asks from. */
  readonly sources: readonly Address[];
}

export interface SwitchPort {
  readonly kind: "switch port";
  readonly uuid: string;
  readonly name: string;
  readonly key: number;
  readonly owner: Switch;
  readonly type: string;
  readonly enabled: boolean;
  /** Parsed addresses; a router's are those of its port. */
  readonly addresses: readonly PortAddresses[];
  /** Ethernet addresses that lead here. */
  readonly macs: readonly string[];
  readonly unknown: boolean;
  readonly security: readonly PortAddresses[];
  /** OpenFlow port it is bound to. */
  readonly ofport?: number;
  /** Conntrack zone of its own: bound ports, and ports of gateway routers. */
  zone?: number;
  peer?: RouterPort;
}

export interface Router {
  readonly kind: "router";
  readonly uuid: string;
  readonly name: string;
  readonly key: number;
  readonly dnatZone: number;
  readonly snatZone: number;
  readonly ports: RouterPort[];
  readonly balancers: readonly Balancer[];
  readonly hasVip: boolean;
  /** options:chassis is set: all its traffic passes here, so it may translate both ways. */
  readonly isGateway: boolean;
  /** Sources for balanced connections: the router's own addresses, or given ones. */
  readonly forceSnat: { readonly routerAddress: boolean; readonly addresses: readonly Address[] };
  routes: readonly Route[];
}

export interface RouterPort {
  readonly kind: "router port";
  readonly uuid: string;
  readonly name: string;
  readonly key: number;
  readonly owner: Router;
  readonly enabled: boolean;
  readonly mac: string;
  /** IPv4, then IPv6 with the link-local one last. */
  readonly networks: readonly Network[];
  /** options:route_table of the port. */
  readonly routeTable: string;
  zone?: number;
  peer?: SwitchPort | RouterPort;
}

export interface BalancedService extends VirtualService {
  /** In column vips. */
  readonly key: string;
  /** Those of the backends that no health check found offline. */
  readonly active: readonly Endpoint[];
}

export interface Balancer {
  readonly uuid: string;
  readonly name: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly services: readonly BalancedService[];
  readonly selectionFields: readonly string[];
  /** Answer connections to a VIP without backends with a reset or unreachable instead of silence. */
  readonly reject: boolean;
  readonly skipSnat: boolean;
}

export type Datapath = Switch | Router;
export type Port = SwitchPort | RouterPort;

export interface Topology {
  readonly switches: readonly Switch[];
  readonly routers: readonly Router[];
}

export function buildTopology(reader: Reader, identities: Identities, bindings: ReadonlyMap<string, number>): Topology {
  const watch = new BackendWatch(reader);
  const balancers = new Map(
    reader.rows("Load_Balancer").map((row) => [row.uuid, watch.withoutOffline(balancerOf(row))]),
  );
  const attached = (uuids: readonly string[]) => uuids.map((uuid) => balancers.get(uuid)!);
  const routers = reader
    .rows("Logical_Router")
    .filter(({ enabled }) => enabled[0] !== false)
    .map((row) => buildRouter(reader, row, identities, attached(row.load_balancer)));
  const routerPorts = new Map(routers.flatMap(({ ports }) => ports).map((port) => [port.name, port]));
  const switches = reader
    .rows("Logical_Switch")
    .map((row) =>
      buildSwitch(
        reader,
        row,
        identities,
        { balancers: attached(row.load_balancer), monitor: watch.monitoring(row) },
        bindings,
        routerPorts,
      ),
    );
  joinRouters(reader, routerPorts);
  assignGatewayZones(routers, identities);
  for (const router of routers) {
    const row = reader.row("Logical_Router", router.uuid)!;
    router.routes = routesOf(
      router,
      row.static_routes.map((uuid) => reader.row("Logical_Router_Static_Route", uuid)!),
    );
  }
  return { switches, routers };
}

/** Rows never change: what one says is parsed once, not after every command. */
const balancersOfRows = new WeakMap<LoadBalancer, Balancer>();

function balancerOf(row: LoadBalancer): Balancer {
  let balancer = balancersOfRows.get(row);
  if (balancer === undefined) {
    balancer = buildBalancer(row);
    balancersOfRows.set(row, balancer);
  }
  return balancer;
}

function buildBalancer(row: LoadBalancer): Balancer {
  const services = [...row.vips].flatMap(([vip, backends]) => {
    try {
      const service = parseVirtualService(vip, backends);
      return [{ ...service, key: vip, active: service.backends }];
    } catch (error) {
      if (error instanceof VirtualServiceError) return [];
      throw error;
    }
  });
  return {
    uuid: row.uuid,
    name: row.name,
    protocol: (row.protocol[0] ?? "tcp") as Balancer["protocol"],
    services,
    selectionFields: row.selection_fields,
    reject: row.options.get("reject") === "true",
    skipSnat: row.options.get("skip_snat") === "true",
  };
}

const hasVip = (balancers: readonly Balancer[]): boolean => balancers.some(({ services }) => services.length > 0);

function buildSwitch(
  reader: Reader,
  row: LogicalSwitch,
  identities: Identities,
  given: Pick<Switch, "balancers" | "monitor">,
  bindings: ReadonlyMap<string, number>,
  routerPorts: ReadonlyMap<string, RouterPort>,
): Switch {
  const built: Switch = {
    kind: "switch",
    ...datapathNumbers(row, identities),
    ports: [],
    ...given,
    hasVip: hasVip(given.balancers),
  };
  for (const uuid of row.ports) {
    built.ports.push(
      buildSwitchPort(built, reader.row("Logical_Switch_Port", uuid)!, identities, bindings, routerPorts),
    );
  }
  return built;
}

function datapathNumbers(row: { uuid: string; name: string }, identities: Identities) {
  return {
    uuid: row.uuid,
    name: row.name,
    key: identities.datapaths.get(row.uuid),
    dnatZone: identities.zones.get(`${row.uuid}_dnat`),
    snatZone: identities.zones.get(`${row.uuid}_snat`),
  };
}

function buildSwitchPort(
  owner: Switch,
  row: LogicalSwitchPort,
  identities: Identities,
  bindings: ReadonlyMap<string, number>,
  routerPorts: ReadonlyMap<string, RouterPort>,
): SwitchPort {
  const peer = row.type === "router" ? routerPorts.get(row.options.get("router-port") ?? "") : undefined;
  const ofport = row.type === "" ? bindings.get(row.name) : undefined;
  const addresses = row.addresses.flatMap((text) => {
    if (text === "router") return peer ? [{ mac: peer.mac, networks: peer.networks }] : [];
    return parsePortAddresses(text) ?? [];
  });
  const port: SwitchPort = {
    kind: "switch port",
    uuid: row.uuid,
    name: row.name,
    key: identities.ports.get(owner.uuid, row.uuid),
    owner,
    type: row.type,
    enabled: row.enabled[0] !== false,
    addresses,
    macs: addresses.map(({ mac }) => mac),
    unknown: row.addresses.includes("unknown"),
    security: row.port_security.flatMap((text) => parsePortAddresses(text) ?? []),
    ofport,
    zone: ofport === undefined ? undefined : identities.zones.get(row.uuid),
  };
  if (peer && !peer.peer) {
    port.peer = peer;
    peer.peer = port;
  }
  return port;
}

function buildRouter(
  reader: Reader,
  row: LogicalRouter,
  identities: Identities,
  balancers: readonly Balancer[],
): Router {
  const forceSnat = row.options.get("lb_force_snat_ip") ?? "";
  const isGateway = (row.options.get("chassis") ?? "") !== "";
  const router: Router = {
    kind: "router",
    ...datapathNumbers(row, identities),
    ports: [],
    balancers,
    hasVip: hasVip(balancers),
    isGateway,
    forceSnat: {
      routerAddress: isGateway && forceSnat === "router_ip",
      addresses: isGateway ? forceSnat.split(" ").flatMap((text) => parseAddress(text) ?? []) : [],
    },
    routes: [],
  };
  for (const uuid of row.ports) {
    const port = buildRouterPort(router, reader.row("Logical_Router_Port", uuid)!, identities);
    if (port) router.ports.push(port);
  }
  return router;
}

function buildRouterPort(owner: Router, row: LogicalRouterPort, identities: Identities): RouterPort | undefined {
  const mac = parseMac(row.mac);
  if (mac === undefined) return undefined;
  const configured = row.networks.flatMap((text) => parseNetwork(text) ?? []);
  const linkLocal: Network = { address: linkLocalAddress(mac), prefix: 64 };
  const hasLinkLocal = configured.some(({ address }) => address.text === linkLocal.address.text);
  return {
    kind: "router port",
    uuid: row.uuid,
    name: row.name,
    key: identities.ports.get(owner.uuid, row.uuid),
    owner,
    enabled: row.enabled[0] !== false,
    mac,
    networks: [
      ...configured.filter(({ address }) => address.family === 4),
      ...configured.filter(({ address }) => address.family === 6),
      ...(hasLinkLocal ? [] : [linkLocal]),
    ],
    routeTable: row.options.get("route_table") ?? "",
  };
}

/** Two router ports that name each other in `peer` are joined without a switch. */
function joinRouters(reader: Reader, routerPorts: ReadonlyMap<string, RouterPort>): void {
  for (const port of routerPorts.values()) {
    const [peerName] = reader.row("Logical_Router_Port", port.uuid)!.peer;
    const peer = peerName === undefined ? undefined : routerPorts.get(peerName);
    if (peer && !port.peer && peer !== port) port.peer = peer;
  }
}

/** Ports on both sides of a gateway router's links have zones of their own, as interfaces have. */
function assignGatewayZones(routers: readonly Router[], identities: Identities): void {
  for (const port of routers.filter(({ isGateway }) => isGateway).flatMap(({ ports }) => ports)) {
    if (!port.peer) continue;
    port.zone = identities.zones.get(port.uuid);
    port.peer.zone = identities.zones.get(port.peer.uuid);
  }
}

/** Its stations are found out by listening: "unknown" without port security. */
export const learnsStations = ({ type, unknown, security }: SwitchPort): boolean =>
  type === "" && unknown && security.length === 0;

export const networksOf = (port: RouterPort, family: 4 | 6): readonly Network[] =>
  port.networks.filter(({ address }) => address.family === family);
