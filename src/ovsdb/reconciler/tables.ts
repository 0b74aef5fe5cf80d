/** The tables and columns of Open_vSwitch(5) that the switch looks at, and their rows as it reads them. */
import type { Replica, Row, Selection } from "../replica.ts";

export const DATABASE = "Open_vSwitch";
export const LOCK = "ovs_vswitchd";

type Strings = ReadonlyMap<string, string>;
type Uuids = ReadonlySet<string>;

export interface OpenVSwitchRow extends Row {
  readonly bridges: Uuids;
  readonly cur_cfg: number;
  readonly next_cfg: number;
  /** Datapath rows by datapath type. */
  readonly datapaths: Strings;
  readonly other_config: Strings;
}

export interface BridgeRow extends Row {
  readonly name: string;
  readonly datapath_type: string;
  readonly fail_mode: "standalone" | "secure" | undefined;
  readonly controller: Uuids;
  readonly ports: Uuids;
  readonly protocols: ReadonlySet<string>;
  readonly other_config: Strings;
  readonly mirrors: Uuids;
  readonly flood_vlans: ReadonlySet<number>;
  readonly netflow: string | undefined;
  readonly sflow: string | undefined;
  readonly ipfix: string | undefined;
  readonly stp_enable: boolean;
  readonly rstp_enable: boolean;
  readonly mcast_snooping_enable: boolean;
  /** Flow_Table rows by table number. */
  readonly flow_tables: ReadonlyMap<number, string>;
}

export interface FlowTableRow extends Row {
  readonly name: string | undefined;
  readonly flow_limit: number | undefined;
  readonly overflow_policy: "evict" | "refuse" | undefined;
  /** Subfields: "NXM_OF_IN_PORT[]". */
  readonly groups: ReadonlySet<string>;
}

export interface PortRow extends Row {
  readonly name: string;
  readonly interfaces: Uuids;
  readonly mac: string | undefined;
  readonly tag: number | undefined;
  readonly trunks: ReadonlySet<number>;
  readonly vlan_mode: "trunk" | "access" | "native-tagged" | "native-untagged" | "dot1q-tunnel" | undefined;
  readonly protected: boolean;
  readonly qos: string | undefined;
  readonly other_config: Strings;
}

export interface InterfaceRow extends Row {
  readonly name: string;
  readonly type: string;
  readonly options: Strings;
  readonly other_config: Strings;
  readonly mac: string | undefined;
  readonly mtu_request: number | undefined;
  readonly ofport: number | undefined;
  readonly ofport_request: number | undefined;
}

export interface ControllerRow extends Row {
  readonly target: string;
  readonly type: "primary" | "service" | undefined;
  readonly connection_mode: "in-band" | "out-of-band" | undefined;
  readonly inactivity_probe: number | undefined;
  readonly max_backoff: number | undefined;
  readonly enable_async_messages: boolean | undefined;
  readonly controller_queue_size: number | undefined;
  readonly controller_rate_limit: number | undefined;
  readonly controller_burst_limit: number | undefined;
  readonly other_config: Strings;
  readonly is_connected: boolean;
  readonly role: "other" | "master" | "slave" | undefined;
  readonly status: Strings;
}

export interface DatapathRow extends Row {
  readonly capabilities: Strings;
  /** CT_Zone rows by zone. */
  readonly ct_zones: ReadonlyMap<number, string>;
}

export interface CtZoneRow extends Row {
  readonly timeout_policy: string | undefined;
}

export interface CtTimeoutPolicyRow extends Row {
  /** Seconds by the names that Linux has for them. */
  readonly timeouts: ReadonlyMap<string, number>;
}

export interface Tables {
  Open_vSwitch: OpenVSwitchRow;
  Bridge: BridgeRow;
  Flow_Table: FlowTableRow;
  Port: PortRow;
  Interface: InterfaceRow;
  Controller: ControllerRow;
  Datapath: DatapathRow;
  CT_Zone: CtZoneRow;
  CT_Timeout_Policy: CtTimeoutPolicyRow;
}

export function rowsOf<Name extends keyof Tables>(replica: Replica, table: Name): Tables[Name][] {
  return [...replica.rows(table)] as Tables[Name][];
}

/** The rows behind references; those that are not there are left out. */
export function rowsBehind<Name extends keyof Tables>(replica: Replica, table: Name, uuids: Uuids): Tables[Name][] {
  return [...uuids].map((uuid) => replica.row(table, uuid)).filter((row) => row !== undefined) as Tables[Name][];
}

/** Asked for: what is read, and what is written, so that nothing is written twice. */
export const SELECTION: Selection = {
  Open_vSwitch: [
    "bridges",
    "cur_cfg",
    "datapath_types",
    "datapaths",
    "dpdk_initialized",
    "dpdk_version",
    "iface_types",
    "next_cfg",
    "other_config",
  ],
  Bridge: [
    "controller",
    "datapath_id",
    "datapath_type",
    "datapath_version",
    "fail_mode",
    "flood_vlans",
    "flow_tables",
    "ipfix",
    "mcast_snooping_enable",
    "mirrors",
    "name",
    "netflow",
    "other_config",
    "ports",
    "protocols",
    "rstp_enable",
    "sflow",
    "status",
    "stp_enable",
  ],
  Flow_Table: ["flow_limit", "groups", "name", "overflow_policy"],
  Port: ["interfaces", "mac", "name", "other_config", "protected", "qos", "tag", "trunks", "vlan_mode"],
  Interface: [
    "admin_state",
    "duplex",
    "error",
    "ifindex",
    "link_resets",
    "link_speed",
    "link_state",
    "mac",
    "mac_in_use",
    "mtu",
    "mtu_request",
    "name",
    "ofport",
    "ofport_request",
    "options",
    "other_config",
    "statistics",
    "status",
    "type",
  ],
  Controller: [
    "connection_mode",
    "controller_burst_limit",
    "controller_queue_size",
    "controller_rate_limit",
    "enable_async_messages",
    "inactivity_probe",
    "is_connected",
    "max_backoff",
    "other_config",
    "role",
    "status",
    "target",
    "type",
  ],
  Datapath: ["capabilities", "ct_zones", "datapath_version"],
  CT_Zone: ["timeout_policy"],
  CT_Timeout_Policy: ["timeouts"],
};
