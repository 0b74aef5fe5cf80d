/** The rows as TypeScript sees them: one interface a table of schema.ts. Rows never change; a change makes a new one. */
import type { Uuid } from "./uuid.ts";

export type TextMap = ReadonlyMap<string, string>;

/** A column with at most one value: empty or one element, as OVSDB has it. */
export type Optional<T> = readonly T[];

export interface NbGlobal {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  readonly name: string;
  readonly nb_cfg: number;
  readonly options: TextMap;
}

export interface LogicalSwitch {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  readonly load_balancer: readonly Uuid[];
  readonly name: string;
  readonly other_config: TextMap;
  readonly ports: readonly Uuid[];
}

export interface LogicalSwitchPort {
  readonly uuid: Uuid;
  /** "MAC [IP…]", "unknown", "router" or "dynamic …". */
  readonly addresses: readonly string[];
  readonly dynamic_addresses: Optional<string>;
  readonly enabled: Optional<boolean>;
  readonly external_ids: TextMap;
  readonly name: string;
  readonly options: TextMap;
  readonly parent_name: Optional<string>;
  /** "MAC [IP[/PREFIX]…]" each. */
  readonly port_security: readonly string[];
  readonly tag: Optional<number>;
  readonly tag_request: Optional<number>;
  /** "" (an interface of a host), "router", … */
  readonly type: string;
  readonly up: Optional<boolean>;
}

export interface LoadBalancer {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  readonly health_check: readonly Uuid[];
  /** Backend's address (IPv6 in brackets) → "PORT:SOURCE": where it is, and who asks after its health. */
  readonly ip_port_mappings: TextMap;
  readonly name: string;
  readonly options: TextMap;
  readonly protocol: Optional<string>;
  readonly selection_fields: readonly string[];
  /** "IP[:PORT]" → "IP[:PORT],…". */
  readonly vips: TextMap;
}

export interface LoadBalancerHealthCheck {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  /** interval, timeout (seconds), success_count, failure_count. */
  readonly options: TextMap;
  /** The key in `vips` of the service to watch. */
  readonly vip: string;
}

export interface LogicalRouter {
  readonly uuid: Uuid;
  readonly enabled: Optional<boolean>;
  readonly external_ids: TextMap;
  readonly load_balancer: readonly Uuid[];
  readonly name: string;
  readonly options: TextMap;
  readonly ports: readonly Uuid[];
  readonly static_routes: readonly Uuid[];
}

export interface LogicalRouterPort {
  readonly uuid: Uuid;
  readonly enabled: Optional<boolean>;
  readonly external_ids: TextMap;
  readonly mac: string;
  readonly name: string;
  /** "IP/PREFIX" each. */
  readonly networks: readonly string[];
  readonly options: TextMap;
  /** Name of the router port at the other end, when two routers are joined without a switch. */
  readonly peer: Optional<string>;
}

export interface StaticRoute {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  readonly ip_prefix: string;
  /** An address, "discard", or "" with an output port. */
  readonly nexthop: string;
  readonly options: TextMap;
  readonly output_port: Optional<string>;
  readonly policy: Optional<string>;
  readonly route_table: string;
}

/** A backend that is watched; one row however many load balancers have it. */
export interface ServiceMonitor {
  readonly uuid: Uuid;
  readonly external_ids: TextMap;
  readonly ip: string;
  readonly logical_port: string;
  /** The health check's. */
  readonly options: TextMap;
  readonly port: number;
  readonly protocol: Optional<string>;
  readonly src_ip: string;
  readonly src_mac: string;
  /** "online", "offline", or not known yet. */
  readonly status: Optional<string>;
}

export interface Rows {
  NB_Global: NbGlobal;
  Logical_Switch: LogicalSwitch;
  Logical_Switch_Port: LogicalSwitchPort;
  Load_Balancer: LoadBalancer;
  Load_Balancer_Health_Check: LoadBalancerHealthCheck;
  Logical_Router: LogicalRouter;
  Logical_Router_Port: LogicalRouterPort;
  Logical_Router_Static_Route: StaticRoute;
  Service_Monitor: ServiceMonitor;
}

export type TableName = keyof Rows;
