/** A kind of interface: how one becomes a port of the switch, and what is told about it. */
import type { PortSettings, Switch, SwitchBridge, SwitchPort } from "../../../slowpath/switch.ts";
import type { Datum } from "../../datum.ts";
import type { Devices } from "../devices.ts";

export interface PortRequest {
  readonly switch: Switch;
  readonly bridge: SwitchBridge;
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  /** Undefined: the switch chooses. */
  readonly ofport?: number;
  /** Of devices that are made here; undefined: the kernel chooses. */
  readonly mac?: string;
  readonly mtu?: number;
  readonly settings: PortSettings;
}

/** Columns of an Interface row. */
export type InterfaceColumns = Readonly<Record<string, Datum>>;

export interface InterfaceKind {
  /** Values of Interface.type. */
  readonly types: readonly string[];
  /** Makes the port. @throws an error whose message becomes Interface.error. */
  create(request: PortRequest): Promise<SwitchPort>;
  /** Takes changed options. false: the port has to be made anew. */
  change(port: SwitchPort, request: PortRequest): boolean;
  /** admin_state, link_state, mtu and their like. */
  status(port: SwitchPort, devices: Devices): InterfaceColumns;
  /** Without it there are no counters but packets and bytes. */
  readonly hasDeviceCounters: boolean;
}
