/**
 * One interface that the database wants: the port it has become, or why it has not.
 *
 * Invariants: an interface whose port could not be made stays, with the reason in its error column, until it is made at the
 *   next occasion or is no longer wanted.
 */
import { isDeepStrictEqual } from "node:util";
import { setLink } from "../../kernel/link.ts";
import { PORT_LOCAL, PORT_MAX } from "../../slowpath/flow/port-text.ts";
import type { Switch, SwitchBridge, SwitchPort } from "../../slowpath/switch.ts";
import type { Datum } from "../datum.ts";
import { isUnicastMac } from "./bridge-identity.ts";
import type { InterfaceConfiguration } from "./configuration.ts";
import type { Devices } from "./devices.ts";
import type { InterfaceKind, PortRequest } from "./kinds/kind.ts";
import type { FindKind } from "./kinds/list.ts";
import { portSettings, sameSettings } from "./port-settings.ts";
import { statisticsColumn } from "./statistics.ts";

const OFPORT_FAILED = -1;
const NO_STATUS: Readonly<Record<string, Datum>> = {
  admin_state: undefined,
  duplex: undefined,
  ifindex: undefined,
  link_resets: undefined,
  link_speed: undefined,
  link_state: undefined,
  mac_in_use: undefined,
  mtu: undefined,
  statistics: new Map(),
  status: new Map(),
};

export class ManagedInterface {
  readonly name: string;
  readonly type: string;
  readonly #switch: Switch;
  readonly #bridge: SwitchBridge;
  readonly #kind: InterfaceKind | undefined;
  #configuration: InterfaceConfiguration;
  #port: SwitchPort | undefined;
  #error: string | undefined;
  /** What the last attempt that failed was made with: the same would only fail again. */
  #failedWith: string | undefined;
  #options: ReadonlyMap<string, string> = new Map();
  #linkState: Datum;
  #linkResets = 0;

  constructor(owner: Switch, bridge: SwitchBridge, configuration: InterfaceConfiguration, find: FindKind) {
    this.name = configuration.name;
    this.type = configuration.type;
    this.#switch = owner;
    this.#bridge = bridge;
    this.#kind = find(configuration.type);
    this.#configuration = configuration;
  }

  get isLocal(): boolean {
    return this.#configuration.isLocal;
  }

  /** The Interface row; absent for a bridge's own port that nobody has listed. */
  get uuid(): string | undefined {
    return this.#configuration.row?._uuid;
  }

  get options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  get port(): SwitchPort | undefined {
    return this.#port;
  }

  get error(): string | undefined {
    return this.#error;
  }

  /** Its device has gone: the port has to be taken away before it can be made anew. */
  get isLost(): boolean {
    return this.#port !== undefined && this.#port.kind !== "patch" && this.#port.datapathPort === undefined;
  }

  /** Whether another attempt may do better than the one that failed. */
  isWorthRetrying(devices: Devices): boolean {
    return this.isLost || (this.#error !== undefined && this.#circumstances(devices) !== this.#failedWith);
  }

  /** Makes the port, or brings it up to what is wanted. @param mac the bridge's, for its own port. true: it was made. */
  async apply(
    configuration: InterfaceConfiguration,
    devices: Devices,
    mac: string,
    mtu: number | undefined,
  ): Promise<boolean> {
    this.#configuration = configuration;
    if (this.#port !== undefined) {
      await this.#change(mac, mtu);
      if (this.#port !== undefined) return false;
    }
    if (this.#error !== undefined && !this.isWorthRetrying(devices)) return false;
    if (await this.#create(mac, mtu)) return true;
    this.#failedWith = this.#circumstances(devices);
    return false;
  }

  async remove(): Promise<void> {
    if (this.#port === undefined) return;
    this.#port = undefined;
    await this.#switch.ports.remove(this.name, this.#bridge.name);
  }

  /** Sets the address of a device that was made here. */
  setMac(mac: string, devices: Devices): void {
    if (this.#port?.kind !== "tap" || devices.find(this.name)?.link.mac === mac) return;
    this.#setLink({ mac });
  }

  setMtu(mtu: number, devices: Devices): void {
    if (this.#port?.kind !== "tap" || devices.find(this.name)?.link.mtu === mtu) return;
    this.#setLink({ mtu });
  }

  /** The Interface row's columns but statistics. */
  columns(devices: Devices): Readonly<Record<string, Datum>> {
    const port = this.#port;
    if (port === undefined || this.#kind === undefined) {
      return { ...NO_STATUS, ofport: OFPORT_FAILED, error: this.#error };
    }
    const status = this.#kind.status(port, devices);
    if (this.#linkState !== undefined && status.link_state !== this.#linkState) this.#linkResets++;
    this.#linkState = status.link_state;
    return { ...status, link_resets: this.#linkResets, ofport: port.number, error: undefined };
  }

  statistics(): ReadonlyMap<string, number> {
    const port = this.#port;
    if (port === undefined) return new Map();
    return statisticsColumn(this.#switch.ports.statistics(port), this.#kind!.hasDeviceCounters);
  }

  async #create(mac: string, mtu: number | undefined): Promise<boolean> {
    const { isBonded } = this.#configuration;
    this.#error = undefined;
    try {
      if (isBonded) throw new Error(`${this.name}: bonds are not supported`);
      if (this.#kind === undefined) throw new Error(`${this.name}: unknown interface type ${this.type}`);
      const request = this.#request(mac, mtu);
      this.#options = request.options;
      this.#port = await this.#kind.create(request);
      return true;
    } catch (error) {
      this.#error = (error as Error).message;
      return false;
    }
  }

  async #change(mac: string, mtu: number | undefined): Promise<void> {
    const port = this.#port!;
    const request = this.#request(mac, mtu);
    const wanted = this.#configuration.row?.ofport_request;
    const moves = wanted !== undefined && wanted !== port.number && this.#bridge.port(wanted) === undefined;
    try {
      const changed = !isDeepStrictEqual(this.#options, request.options);
      this.#options = request.options;
      if (!this.isLost && !moves && !(changed && !this.#kind!.change(port, request))) {
        if (!sameSettings(port, request.settings)) this.#switch.ports.set(this.#bridge, port, request.settings);
        return;
      }
      await this.remove();
    } catch (error) {
      await this.remove();
      this.#error = (error as Error).message;
    }
  }

  /** Its columns, its device, and how many ports there are: all that decides whether a port can be made. */
  #circumstances(devices: Devices): string {
    const { row, isBonded } = this.#configuration;
    const index = devices.find(this.name)?.link.index;
    const ports = this.#switch.datapath.ports().length;
    return JSON.stringify([[...(row?.options ?? [])], row?.mac, row?.mtu_request, isBonded, index, ports]);
  }

  #request(mac: string, mtu: number | undefined): PortRequest {
    const { row, port, isLocal } = this.#configuration;
    const own = isLocal ? mac : row?.mac?.toLowerCase();
    return {
      switch: this.#switch,
      bridge: this.#bridge,
      name: this.name,
      type: this.type,
      options: row?.options ?? new Map(),
      ofport: isLocal ? PORT_LOCAL : this.#wishedNumber(),
      mac: isUnicastMac(own) ? own : undefined,
      mtu: row?.mtu_request ?? mtu,
      settings: portSettings(port),
    };
  }

  /** What was asked for, or what it had in an earlier life, unless another port has it now. */
  #wishedNumber(): number | undefined {
    const { ofport_request: requested, ofport } = this.#configuration.row ?? {};
    return [requested, ofport].find(
      (number) => number !== undefined && number > 0 && number < PORT_MAX && this.#bridge.port(number) === undefined,
    );
  }

  #setLink(settings: { mac?: string; mtu?: number }): void {
    try {
      setLink(this.name, settings);
    } catch {
      // The device is in a namespace that is not ours: whoever moved it there decides.
    }
  }
}
