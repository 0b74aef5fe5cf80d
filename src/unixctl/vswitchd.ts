/** The daemon as its ovs-appctl commands see it. Hooks that are left out stand for a daemon without that part. */
import type { Switch, SwitchBridge, SwitchPort } from "../slowpath/switch.ts";
import type { Vlog } from "../vlog/vlog.ts";

export interface Vswitchd {
  /** "ovs-vswitchd (Open vSwitch) 3.1.0": what scripts compare. */
  readonly version: string;
  readonly switch: Switch;
  readonly vlog: Vlog;
  /** Bridges of the configuration, by name. */
  bridges(): SwitchBridge[];
  /** Ends the daemon once the answer is on its way. @param cleanup takes bridges and ports away before. */
  exit(cleanup: boolean): void;

  /** The bridge's datapath_type: "netdev" (also without this hook), "system" or "dummy". */
  datapathType?(bridge: SwitchBridge): string;
  /** What the database says of a port; undefined: it is not known there, and its kind says enough. */
  interfaceOf?(bridge: SwitchBridge, port: SwitchPort): ConfiguredInterface | undefined;
  /** Closes a bridge's connections to its controllers, to be opened again. */
  reconnect?(bridge: SwitchBridge): void;
  /** What `memory/show` counts beside the switch's own: "idl-cells-Open_vSwitch", "ofconns". */
  memory?(): Readonly<Record<string, number>>;
  /** What `coverage/show` counts beside the switch's own. */
  coverage?(): Readonly<Record<string, bigint>>;
  /** The kernel's, unless given. */
  readonly tunnels?: TunnelTables;
  /** The clock of `--enable-dummy`. */
  readonly clock?: VirtualClock;
  /** Its ports. */
  readonly dummies?: DummyPorts;
}

export interface ConfiguredInterface {
  /** "geneve", "internal", "patch"; "" and "system" are the same. */
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Routes and neighbours that tunnel packets are sent by. */
export interface TunnelTables {
  neighbours(): Iterable<{ readonly address: string; readonly mac: string; readonly bridge: string }>;
  setNeighbour(bridge: string, address: string, mac: string): void;
  flushNeighbours(): void;
  routes(): Iterable<TunnelRoute>;
  /** undefined: there is no way to that address. */
  lookup(address: string, mark: number): TunnelRoute | undefined;
  /** false: it could not be put in, or was not there. */
  addRoute(prefix: string, device: string, gateway: string | undefined, mark: number): boolean;
  deleteRoute(prefix: string, mark: number): boolean;
  /** Lines of `tnl/ports/show`, such as "genev_sys_6081 (4) ref_cnt=1". */
  listening(verbose: boolean): Iterable<string>;
  sourcePorts: readonly [lowest: number, highest: number];
}

export interface TunnelRoute {
  /** "User" was added by hand, "Cached" comes from the kernel. */
  readonly origin: "User" | "Cached";
  /** 172.31.0.0/24 */
  readonly prefix: string;
  readonly device: string;
  readonly source?: string;
  readonly gateway?: string;
  readonly mark?: number;
  /** An address of this host. */
  readonly local?: boolean;
}

/** Ports in memory, of `--enable-dummy`. */
export interface DummyPorts {
  /** Frames arrive at the port, and are processed before it returns. false: there is no such port. */
  receive(name: string, frames: readonly Uint8Array[]): boolean;
  /** Of one port, or of all. false: there is no such port. */
  setUp(name: string | undefined, up: boolean): boolean;
  /** Gives the device an address, with the mask of its network. false: there is no such port. */
  addAddress(name: string, prefix: { readonly address: Uint8Array; readonly mask: Uint8Array }): boolean;
  /** Of ports that are wired to another's socket: whether they reach it. */
  connections(): readonly (readonly [name: string, connected: boolean])[];
}

export interface VirtualClock {
  /** From now on time goes on by `warp` only. */
  stop(): void;
  /** Resolves when `milliseconds` have gone by and everything that was due then is done. */
  warp(milliseconds: number, step: number): Promise<void>;
}
