/** A bridge as translation sees it: ports, tables, groups, meters, learned addresses. The switch implements it. */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import type { OfPort } from "../actions/action.ts";
import type { FlowLookup, Group, Meter } from "../tables/rule.ts";

/** In the words of dpif/set-dp-features. */
export type WithheldAction = "trunc" | "add_mpls";

export interface Bridge {
  readonly name: string;
  readonly tables: FlowLookup;
  port(number: OfPort): BridgePort | undefined;
  /** In ascending order of numbers: the order in which floods go out. */
  ports(): Iterable<BridgePort>;
  group(id: number): Group | undefined;
  meter(id: number): Meter | undefined;
  readonly macTable: MacLookup;
  /** What a packet gets that finds no rule in a table; default drop. */
  tableMiss?(table: number): TableMiss;
  /** The timeout policy of connections that are committed in the zone; default: the datapath's own. */
  timeoutPolicy?(zone: number): number | undefined;
  /** Datapath actions that translation is to do without: packets that need them go through the slow path, one by one. */
  readonly withheld?: ReadonlySet<WithheldAction>;
  /** IP fragments: "normal" (the default) hides their ports from the tables, "drop" drops them, "nx-match" leaves all as it is. */
  readonly fragments?: "normal" | "drop" | "nx-match";
}

/** "continue": the next table's rules count. */
export type TableMiss = "drop" | "controller" | "continue";

/** Where NORMAL has seen an address last. */
export interface MacLookup {
  lookup(vlan: number, mac: Uint8Array): OfPort | undefined;
}

export interface BridgePort {
  readonly number: OfPort;
  readonly name: string;
  /** Absent: nothing to send through in the datapath (a patch port, or its device is missing). */
  readonly datapathPort?: number;
  /** Its link is up: it counts as alive for buckets and bundles. */
  readonly up: boolean;
  /** The port's configuration bits: no-recv, no-fwd, no-flood, no-packet-in. */
  /** A controller has put it down: it neither takes nor gives, and counts as dead. */
  readonly down?: boolean;
  readonly noReceive?: boolean;
  readonly noForward?: boolean;
  readonly noFlood?: boolean;
  readonly noPacketIn?: boolean;
  /** A patch port: what goes out here comes in there. */
  readonly peer?: { readonly bridge: Bridge; readonly port: OfPort };
  readonly tunnel?: TunnelPort;
  /** For NORMAL; default: a trunk of all VLANs. */
  readonly vlan?: PortVlan;
  /** NORMAL does not forward between two protected ports. */
  readonly isProtected?: boolean;
}

/** Whether buckets and bundles may count on the port. */
export function isAlive(port: BridgePort | undefined): boolean {
  return port?.up === true && !port.down;
}

export interface PortVlan {
  readonly mode: "access" | "trunk" | "native-tagged" | "native-untagged";
  /** Of access and native modes. */
  readonly tag: number;
  /** Of trunk and native modes; absent: all. */
  readonly trunks?: ReadonlySet<number>;
}

/** How packets leave by a tunnel: its options, or "flow" where the flow's tunnel fields decide. */
export interface TunnelPort {
  /** 4 or 16 bytes. */
  readonly remote: Uint8Array | "flow";
  readonly local?: Uint8Array | "flow";
  readonly key: bigint | "flow" | "none";
  readonly ttl: number | "inherit";
  readonly tos: number | "inherit";
  readonly dontFragment: boolean;
  readonly checksum: boolean;
  /**
   * Turns the tunnel fields (KEY_TUN_ID…KEY_SIZE, 200 bytes) into what the datapath does, encapsulation included; a string
   * says in a sentence why the packet cannot leave. Without it: set(tunnel(…)) and output to `datapathPort`.
   */
  encapsulate?(tunnel: Uint8Array): readonly DatapathAction[] | string;
}
