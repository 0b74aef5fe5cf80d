/**
 * One bridge that the database wants: its interfaces, its identity, its service.
 *
 * Invariants: after `apply` every interface of the configuration is a port or has an error; nothing thrown by one of them
 *   keeps the others from being made.
 */
import type { Switch, SwitchBridge } from "../../slowpath/switch.ts";
import { deleteEverything, forwardNormally } from "../../slowpath/tables/standing-changes.ts";
import { bridgeMac, datapathId, formatDatapathId, randomMac } from "./bridge-identity.ts";
import type { BridgeService, OpenBridge } from "./bridge-service.ts";
import { type Command, commandOf } from "./command.ts";
import type { BridgeConfiguration } from "./configuration.ts";
import type { Devices } from "./devices.ts";
import { configureFlowTables } from "./flow-tables.ts";
import type { FindKind } from "./kinds/list.ts";
import { ManagedInterface } from "./managed-interface.ts";
import { wholeNumber } from "./switch-settings.ts";

export interface ReconcilerLog {
  info(text: string): void;
  warn(text: string): void;
  err(text: string): void;
}

/** Types of interfaces that are there before the bridge is. */
const EXISTING: ReadonlySet<string> = new Set(["system", "afxdp", "afxdp-nonpmd"]);

export class ManagedBridge {
  readonly name: string;
  readonly bridge: SwitchBridge;
  readonly interfaces = new Map<string, ManagedInterface>();
  readonly #switch: Switch;
  readonly #findKind: FindKind;
  readonly #log: ReconcilerLog;
  readonly #inventedMac = randomMac();
  #service: BridgeService | undefined;
  #configuration: BridgeConfiguration;
  /** Who says what the bridge forwards; undefined: not decided yet. */
  #command: Command | undefined;

  constructor(owner: Switch, configuration: BridgeConfiguration, findKind: FindKind, log: ReconcilerLog) {
    this.name = configuration.name;
    this.bridge = owner.bridge(configuration.name);
    this.#switch = owner;
    this.#findKind = findKind;
    this.#configuration = configuration;
    this.#log = log;
  }

  get configuration(): BridgeConfiguration {
    return this.#configuration;
  }

  get service(): BridgeService | undefined {
    return this.#service;
  }

  get datapathId(): string {
    return formatDatapathId(this.bridge.datapathId);
  }

  /** Takes away what is no longer wanted; other bridges may want it next. */
  async release(configuration: BridgeConfiguration, devices: Devices): Promise<void> {
    const wanted = new Map(configuration.interfaces.map((one) => [one.name, one]));
    for (const [name, held] of this.interfaces) {
      if (wanted.get(name)?.type === held.type && wanted.get(name)?.row?._uuid === held.uuid) {
        if (held.isLost) await this.#remove(held, devices);
        continue;
      }
      this.interfaces.delete(name);
      await this.#remove(held, devices);
    }
  }

  async apply(configuration: BridgeConfiguration, devices: Devices, open: OpenBridge): Promise<void> {
    this.#configuration = configuration;
    const { row } = configuration;
    this.bridge.datapathType = row.datapath_type || "system";
    const number = (name: string): number | undefined => wholeNumber(row.other_config.get(name));
    this.bridge.macLearning.configure(number("mac-aging-time"), number("mac-table-size"));
    configureFlowTables(this.bridge, configuration.flowTables, this.#switch.now(), (text) => this.#log.warn(text));
    const mac = this.#pickMac(devices);
    const internalMtu = this.#internalMtu(devices);
    for (const one of configuration.interfaces) {
      let held = this.interfaces.get(one.name);
      if (held === undefined) {
        held = new ManagedInterface(this.#switch, this.bridge, one, this.#findKind);
        this.interfaces.set(one.name, held);
      }
      const before = held.error;
      if (await held.apply(one, devices, mac, internalMtu)) {
        this.#log.info(`bridge ${this.name}: added interface ${one.name} on port ${held.port!.number}`);
      } else if (held.error !== undefined && held.error !== before) {
        this.#log.warn(held.error);
      }
    }
    devices.refresh();
    this.#settle(devices);
    this.#service ??= await open(this.bridge);
    this.#service.configure(configuration);
    await this.#setCommand(commandOf(configuration));
  }

  async close(): Promise<void> {
    await this.#service?.close();
    await this.#switch.removeBridge(this.name);
  }

  async #remove(held: ManagedInterface, devices: Devices): Promise<void> {
    const { port } = held;
    if (port === undefined) return;
    await held.remove();
    devices.forget(held.name);
    this.#log.info(`bridge ${this.name}: deleted interface ${held.name} on port ${port.number}`);
  }

  /** With all ports there, addresses and MTUs of the devices made here can be what they should be. */
  #settle(devices: Devices): void {
    const { row } = this.#configuration;
    const mac = this.#pickMac(devices);
    const internalMtu = this.#internalMtu(devices);
    const id = datapathId(row, mac);
    if (id !== this.bridge.datapathId) {
      this.bridge.datapathId = id;
      this.#log.info(`bridge ${this.name}: using datapath ID ${formatDatapathId(id)}`);
    }
    const rows = new Map(this.#configuration.interfaces.map((one) => [one.name, one.row]));
    for (const held of this.interfaces.values()) {
      const configured = rows.get(held.name);
      if (held.type !== "internal") continue;
      if (held.isLocal) held.setMac(mac, devices);
      else if (configured?.mac !== undefined) held.setMac(configured.mac.toLowerCase(), devices);
      const mtu = configured?.mtu_request ?? internalMtu;
      if (mtu !== undefined) held.setMtu(mtu, devices);
    }
    devices.refresh();
  }

  #pickMac(devices: Devices): string {
    const macs = [...this.interfaces.values()]
      .filter(({ isLocal, type, port }) => port !== undefined && !isLocal && EXISTING.has(type))
      .map(({ name, port }) => devices.find(name)?.link.mac ?? port!.status?.mac ?? "");
    return bridgeMac(this.#configuration.row, macs, this.#inventedMac);
  }

  /** Frames from the host's side must fit out by every other port; undefined: nothing else has an MTU. */
  #internalMtu(devices: Devices): number | undefined {
    const others = [...this.interfaces.values()]
      .filter(({ type, port }) => port !== undefined && EXISTING.has(type))
      .map(({ name }) => devices.find(name)?.link.mtu ?? Number.POSITIVE_INFINITY);
    const lowest = Math.min(...others);
    return Number.isFinite(lowest) ? lowest : undefined;
  }

  /** What a controller had put in goes with it, as what was there goes when the first one comes. */
  async #setCommand(command: Command): Promise<void> {
    if (command === this.#command) return;
    const first = this.#command === undefined;
    this.#command = command;
    const changes = [...(first ? [] : deleteEverything()), ...(command === "standalone" ? forwardNormally() : [])];
    if (changes.length > 0) await this.#switch.apply(changes, this.name);
  }
}
