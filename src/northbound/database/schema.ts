/**
 * The tables and columns of the northbound database that the embedded control plane keeps, and one of the southbound.
 *
 * What: names, types and constraints as in OVN_Northbound 7.0 (OVN 23.03), so that `list`, `get`, `set` … print and refuse
 * what ovn-nbctl's do. Columns whose features are not built exist, are always empty, and refuse to be set.
 */

export type AtomType = "string" | "integer" | "boolean" | "uuid";

export interface Column {
  readonly name: string;
  readonly key: AtomType;
  /** A map when given. */
  readonly value?: AtomType;
  readonly min: 0 | 1;
  readonly max: 1 | typeof Number.POSITIVE_INFINITY;
  readonly oneOf?: readonly string[];
  readonly range?: readonly [number, number];
  /** A strong reference keeps its row alive; a weak one goes away with its row. */
  readonly refers?: { readonly to: string; readonly strength: "strong" | "weak" };
  /** Why the column cannot be set here. */
  readonly unsupported?: string;
  /** Keys of a map that would change forwarding in ways that are not built. Keys that do no more than inform are taken. */
  readonly unsupportedKeys?: readonly string[];
}

export interface Table {
  readonly name: string;
  /** Rows of other tables live only as long as something refers to them strongly. */
  readonly isRoot: boolean;
  /** Column by which commands name a row. */
  readonly nameColumn?: string;
  /** Whose business its rows are when commands may only read them. */
  readonly writtenBy?: string;
  /** Columns whose values no two rows may share. */
  readonly unique: readonly string[];
  /** In alphabetical order, the order of `list`. */
  readonly columns: readonly Column[];
}

const MANY = Number.POSITIVE_INFINITY;

const text = (name: string): Column => ({ name, key: "string", min: 1, max: 1 });
const optionalText = (name: string): Column => ({ name, key: "string", min: 0, max: 1 });
const texts = (name: string, min: 0 | 1 = 0): Column => ({ name, key: "string", min, max: MANY });
const flag = (name: string): Column => ({ name, key: "boolean", min: 1, max: 1 });
const optionalFlag = (name: string): Column => ({ name, key: "boolean", min: 0, max: 1 });
const integer = (name: string): Column => ({ name, key: "integer", min: 1, max: 1 });
const tag = (name: string, lowest: number): Column => ({
  name,
  key: "integer",
  min: 0,
  max: 1,
  range: [lowest, 4095],
  unsupported: "nested containers are not supported",
});
const map = (name: string, unsupportedKeys?: readonly string[]): Column => ({
  name,
  key: "string",
  value: "string",
  min: 0,
  max: MANY,
  unsupportedKeys,
});
const children = (name: string, to: string): Column => ({
  name,
  key: "uuid",
  min: 0,
  max: MANY,
  refers: { to, strength: "strong" },
});
const weak = (name: string, to: string): Column => ({
  name,
  key: "uuid",
  min: 0,
  max: MANY,
  refers: { to, strength: "weak" },
});
const absent = (name: string, feature: string, max: 1 | typeof MANY = MANY): Column => ({
  name,
  key: "uuid",
  min: 0,
  max,
  unsupported: `${feature} are not supported`,
});

function table(name: string, properties: Partial<Table>, columns: readonly Column[]): Table {
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { name, isRoot: true, unique: [], ...properties, columns: sorted };
}

export const TABLES: readonly Table[] = [
  table("NB_Global", {}, [
    absent("connections", "database connections"),
    map("external_ids"),
    integer("hv_cfg"),
    integer("hv_cfg_timestamp"),
    flag("ipsec"),
    text("name"),
    integer("nb_cfg"),
    integer("nb_cfg_timestamp"),
    map("options"),
    integer("sb_cfg"),
    integer("sb_cfg_timestamp"),
    absent("ssl", "database connections", 1),
  ]),
  table("Logical_Switch", { nameColumn: "name" }, [
    absent("acls", "access control lists"),
    absent("copp", "control plane protection meters", 1),
    absent("dns_records", "DNS records"),
    map("external_ids"),
    absent("forwarding_groups", "forwarding groups"),
    weak("load_balancer", "Load_Balancer"),
    absent("load_balancer_group", "load balancer groups"),
    text("name"),
    map("other_config", ["exclude_ips", "ipv6_prefix", "mac_only", "mcast_snoop", "subnet", "vlan-passthru"]),
    children("ports", "Logical_Switch_Port"),
    absent("qos_rules", "QoS rules"),
  ]),
  table("Logical_Switch_Port", { isRoot: false, nameColumn: "name", unique: ["name"] }, [
    texts("addresses"),
    absent("dhcpv4_options", "DHCP options", 1),
    absent("dhcpv6_options", "DHCP options", 1),
    optionalText("dynamic_addresses"),
    optionalFlag("enabled"),
    map("external_ids"),
    absent("ha_chassis_group", "chassis groups", 1),
    absent("mirror_rules", "mirrors"),
    text("name"),
    map("options", ["arp_proxy", "qdisc_queue_id", "qos_burst", "qos_max_rate", "virtual-ip"]),
    { ...optionalText("parent_name"), unsupported: "nested containers are not supported" },
    texts("port_security"),
    tag("tag", 1),
    tag("tag_request", 0),
    text("type"),
    optionalFlag("up"),
  ]),
  table("Load_Balancer", { nameColumn: "name" }, [
    map("external_ids"),
    children("health_check", "Load_Balancer_Health_Check"),
    map("ip_port_mappings"),
    text("name"),
    map("options", [
      ...["add_route", "affinity_timeout", "event", "hairpin_orig_tuple", "hairpin_snat_ip", "neighbor_responder"],
      "template",
    ]),
    { name: "protocol", key: "string", min: 0, max: 1, oneOf: ["sctp", "tcp", "udp"] },
    {
      name: "selection_fields",
      key: "string",
      min: 0,
      max: MANY,
      oneOf: ["eth_dst", "eth_src", "ip_dst", "ip_src", "tp_dst", "tp_src"],
    },
    map("vips"),
  ]),
  table("Load_Balancer_Health_Check", { isRoot: false, nameColumn: "vip" }, [
    map("external_ids"),
    map("options"),
    text("vip"),
  ]),
  table("Logical_Router", { nameColumn: "name" }, [
    absent("copp", "control plane protection meters", 1),
    optionalFlag("enabled"),
    map("external_ids"),
    weak("load_balancer", "Load_Balancer"),
    absent("load_balancer_group", "load balancer groups"),
    text("name"),
    absent("nat", "NAT rules of routers"),
    map("options", ["always_learn_from_arp_request", "dnat_force_snat_ip", "dynamic_neigh_routers", "mcast_relay"]),
    absent("policies", "routing policies"),
    children("ports", "Logical_Router_Port"),
    children("static_routes", "Logical_Router_Static_Route"),
  ]),
  table("Logical_Router_Port", { isRoot: false, nameColumn: "name", unique: ["name"] }, [
    optionalFlag("enabled"),
    map("external_ids"),
    absent("gateway_chassis", "distributed gateway ports"),
    absent("ha_chassis_group", "chassis groups", 1),
    texts("ipv6_prefix"),
    map("ipv6_ra_configs"),
    text("mac"),
    text("name"),
    texts("networks", 1),
    map("options", ["gateway_mtu", "gateway_mtu_bypass", "redirect-type", "reside-on-redirect-chassis"]),
    optionalText("peer"),
  ]),
  table("Logical_Router_Static_Route", { isRoot: false }, [
    absent("bfd", "BFD sessions", 1),
    map("external_ids"),
    text("ip_prefix"),
    text("nexthop"),
    map("options"),
    optionalText("output_port"),
    { name: "policy", key: "string", min: 0, max: 1, oneOf: ["dst-ip", "src-ip"] },
    text("route_table"),
  ]),
  // OVN keeps this one in its southbound database, where ovn-northd and ovn-controller meet. Columns as there.
  table("Service_Monitor", { writtenBy: "health checks" }, [
    map("external_ids"),
    text("ip"),
    text("logical_port"),
    map("options"),
    integer("port"),
    { name: "protocol", key: "string", min: 0, max: 1, oneOf: ["tcp", "udp"] },
    text("src_ip"),
    text("src_mac"),
    { name: "status", key: "string", min: 0, max: 1, oneOf: ["error", "offline", "online"] },
  ]),
];

/** Tables of OVN 23.03 that exist for ovn-nbctl and not here. */
export const UNSUPPORTED_TABLES: readonly string[] = [
  "ACL",
  "Address_Set",
  "BFD",
  "Chassis_Template_Var",
  "Connection",
  "Copp",
  "DHCP_Options",
  "DNS",
  "Forwarding_Group",
  "Gateway_Chassis",
  "HA_Chassis",
  "HA_Chassis_Group",
  "Load_Balancer_Group",
  "Logical_Router_Policy",
  "Meter",
  "Meter_Band",
  "Mirror",
  "NAT",
  "Port_Group",
  "QoS",
  "SSL",
  "Static_MAC_Binding",
];

const byName = new Map(TABLES.map((entry) => [entry.name, entry]));

export function tableNamed(name: string): Table {
  const found = byName.get(name);
  if (!found) throw new Error(`no table ${name}`);
  return found;
}
