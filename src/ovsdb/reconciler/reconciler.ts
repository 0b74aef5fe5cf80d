/**
 * Makes the switch what the database wants, and tells the database what has become of it.
 *
 * What: one pass reads the configuration, changes bridges and ports, then writes status and cur_cfg in one transaction. Passes
 *   never overlap; what changes during one is done by the next. Every 5 s the counters are written.
 * Invariants: cur_cfg follows next_cfg whatever fails on the way, so ovs-vsctl never waits in vain. Nothing is written without
 *   the lock, and nothing that the database holds already. A failure is a log line and an error column, never an exception.
 * Cost: a pass over n ports asks the kernel once for all its devices.
 */
import { setImmediate as nextTask } from "node:timers/promises";
import type { Switch } from "../../slowpath/switch.ts";
import type { DatabaseClient } from "../client.ts";
import type { Replica } from "../replica.ts";
import { Transaction } from "../transaction.ts";
import type { OpenBridge } from "./bridge-service.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { capabilityLines } from "./capability-log.ts";
import { complaintsOf } from "./complaints.ts";
import { type Configuration, readConfiguration } from "./configuration.ts";
import { ZoneTimeoutsReconciler } from "./ct-timeouts.ts";
import { type Devices, KernelDevices } from "./devices.ts";
import { type FindKind, INTERFACE_TYPES, kindOf } from "./kinds/list.ts";
import { ManagedBridge, type ReconcilerLog } from "./managed-bridge.ts";
import type { ManagedInterface } from "./managed-interface.ts";
import { SwitchSettings, wholeNumber } from "./switch-settings.ts";

export interface ReconcilerOptions {
  readonly switch: Switch;
  readonly client: () => DatabaseClient;
  readonly openBridge: OpenBridge;
  readonly log: ReconcilerLog;
  /** What a datapath can do, line by line. */
  readonly tellCapability?: (line: string) => void;
  /** Open_vSwitch.datapath_types. */
  readonly datapathTypes?: ReadonlySet<string>;
  /** Milliseconds between two writings of counters. */
  readonly statisticsInterval?: number;
  /** What types of interfaces there are: the usual ones, unless given. */
  readonly findKind?: FindKind;
  /** Beside the usual interface types. */
  readonly moreInterfaceTypes?: readonly string[];
  /** The kernel's, unless given. */
  readonly devices?: Devices;
}

export const DATAPATH_TYPES: ReadonlySet<string> = new Set(["netdev", "system"]);
export const DATAPATH_VERSION = "<built-in>";
const STATISTICS_INTERVAL = 5000;
/** Interfaces whose counters are read before other tasks have their turn: a millisecond or two. */
const COUNTED_AT_ONCE = 16;
/** Interfaces that could not be opened are tried again. */
const RETRY_INTERVAL = 1000;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #bridges = new Map<string, ManagedBridge>();
  readonly #devices: Devices;
  readonly #zoneTimeouts: ZoneTimeoutsReconciler;
  readonly #settings: SwitchSettings;
  readonly #timers: NodeJS.Timeout[];
  readonly #leaveSweeps: () => void;
  /** Of the switch's clock. */
  #countedAt: number;
  readonly #complained = new Set<string>();
  /** Datapath types whose capabilities were told. */
  readonly #told = new Set<string>();
  readonly #configured: Promise<void>;
  #firstConfigured!: () => void;
  #statisticsInterval = STATISTICS_INTERVAL;
  /** Another switch has the lock. */
  #aside = false;
  #wanted = false;
  #statisticsWanted = false;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#zoneTimeouts = new ZoneTimeoutsReconciler(options.switch);
    this.#settings = new SwitchSettings(options.switch, (text) => options.log.warn(text));
    this.#devices = options.devices ?? new KernelDevices();
    this.#configured = new Promise((resolve) => {
      this.#firstConfigured = resolve;
    });
    options.switch.ports.onChange((_port, event) => {
      if (event === "up" || event === "down" || event === "gone") this.changed();
    });
    this.#timers = [setInterval(() => this.#retry(), RETRY_INTERVAL)];
    // By the switch's clock, which tests move.
    this.#leaveSweeps = options.switch.onSweep(() => this.#countWhenDue());
    this.#countedAt = options.switch.now();
  }

  /** Resolves when the switch is for the first time what the database wants. */
  get configured(): Promise<void> {
    return this.#configured;
  }

  /** By name. */
  bridges(): ManagedBridge[] {
    return [...this.#bridges.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Type and options of a bridge's interface, as the database has them. */
  interfaceOf(bridge: string, name: string): { type: string; options: ReadonlyMap<string, string> } | undefined {
    return this.#bridges.get(bridge)?.interfaces.get(name);
  }

  /** The database or a port has changed. */
  changed(): void {
    this.#wanted = true;
    this.#start();
  }

  /** Stops writing and reconciling; bridges stay. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#leaveSweeps();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#running;
  }

  /** Takes every bridge away. */
  async close(): Promise<void> {
    await this.stop();
    for (const bridge of this.bridges()) await bridge.close();
    this.#bridges.clear();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    // Let what else arrived in this turn come along.
    await Promise.resolve();
    while (!this.#closed && (this.#wanted || this.#statisticsWanted)) {
      const reconcile = this.#wanted;
      const count = this.#statisticsWanted;
      this.#wanted = false;
      this.#statisticsWanted = false;
      try {
        await this.#pass(reconcile, count);
      } catch (error) {
        this.#options.log.warn(`reconfiguration failed: ${(error as Error).stack}`);
      }
    }
  }

  async #pass(reconcile: boolean, count: boolean): Promise<void> {
    const client = this.#options.client();
    const { replica } = client;
    if (replica === undefined) return;
    if (!client.hasLock) {
      await this.#standAside(client);
      return;
    }
    this.#aside = false;
    const configuration = readConfiguration(replica);
    const transaction = new Transaction(replica);
    if (configuration !== undefined) {
      // Read before anything is done: what is asked for meanwhile is not part of this pass.
      const { next_cfg } = configuration.root;
      this.#devices.refresh();
      if (reconcile) {
        this.#zoneTimeouts.apply(replica, configuration.root);
        await this.#settings.apply(configuration.root.other_config);
        const wished = wholeNumber(configuration.root.other_config.get("stats-update-interval")) ?? 0;
        this.#statisticsInterval = this.#options.statisticsInterval ?? Math.max(wished, STATISTICS_INTERVAL);
        await this.#reconcile(configuration);
      }
      const statistics = count ? await this.#readStatistics() : [];
      this.#writeStatus(transaction, replica, configuration);
      for (const [uuid, columns] of statistics) transaction.update("Interface", uuid, columns);
      if (reconcile) transaction.update("Open_vSwitch", configuration.root._uuid, { cur_cfg: next_cfg });
    }
    if (!transaction.isEmpty) await client.transact(transaction);
    this.#firstConfigured();
  }

  /** Another switch serves this database: two would fight over its devices. */
  async #standAside(client: DatabaseClient): Promise<void> {
    // A connection that is away says nothing about the lock.
    if (!client.isConnected) return;
    const own = `disabling this process (pid ${process.pid}) until it goes away`;
    if (!this.#aside) this.#options.log.err(`another ovs-vswitchd process is running, ${own}`);
    this.#aside = true;
    for (const bridge of this.bridges()) await bridge.close();
    this.#bridges.clear();
    this.#firstConfigured();
  }

  async #reconcile({ bridges, complaints }: Configuration): Promise<void> {
    const { switch: owner, openBridge, log } = this.#options;
    for (const text of [...complaints, ...bridges.flatMap(complaintsOf)]) this.#complain(text);
    const wanted = new Map(bridges.map((bridge) => [bridge.name, bridge]));
    for (const [name, held] of this.#bridges) {
      const next = wanted.get(name);
      if (next === undefined || next.row._uuid !== held.configuration.row._uuid) {
        this.#bridges.delete(name);
        await held.close();
      } else {
        await held.release(next, this.#devices);
      }
    }
    for (const configuration of bridges) {
      let held = this.#bridges.get(configuration.name);
      if (held === undefined) {
        this.#tellCapabilities(configuration.row.datapath_type || "system");
        held = new ManagedBridge(owner, configuration, this.#options.findKind ?? kindOf, log);
        this.#bridges.set(configuration.name, held);
      }
      try {
        await held.apply(configuration, this.#devices, openBridge);
      } catch (error) {
        log.warn(`bridge ${configuration.name}: ${(error as Error).message}`);
      }
    }
  }

  /** Once for each datapath type. */
  #tellCapabilities(type: string): void {
    if (this.#told.has(type)) return;
    this.#told.add(type);
    for (const line of capabilityLines(`${type}@ovs-${type}`)) this.#options.tellCapability?.(line);
  }

  #writeStatus(transaction: Transaction, replica: Replica, { root, bridges }: Configuration): void {
    transaction.update("Open_vSwitch", root._uuid, {
      datapath_types: this.#options.datapathTypes ?? DATAPATH_TYPES,
      iface_types: new Set([...INTERFACE_TYPES, ...(this.#options.moreInterfaceTypes ?? [])]),
      dpdk_initialized: false,
      dpdk_version: "none",
    });
    const types = new Set(bridges.map(({ row }) => row.datapath_type || "system"));
    for (const [type, uuid] of root.datapaths) {
      if (types.has(type)) transaction.insertPairs("Datapath", uuid, "capabilities", CAPABILITIES);
    }
    for (const held of this.#bridges.values()) {
      const { configuration, datapathId, service } = held;
      const columns = { datapath_id: datapathId, datapath_version: DATAPATH_VERSION };
      transaction.update("Bridge", configuration.row._uuid, columns);
      for (const one of held.interfaces.values()) this.#writeInterface(transaction, replica, one);
      for (const { _uuid, target } of configuration.controllers) {
        transaction.update("Controller", _uuid, service?.controllerStatus(target) ?? {});
      }
    }
    const used = new Set(
      [...this.#bridges.values()].flatMap(({ interfaces }) => [...interfaces.values()].map((one) => one.uuid)),
    );
    for (const { _uuid } of replica.rows("Interface")) {
      // In no bridge, or of a name that is taken.
      if (!used.has(_uuid)) transaction.update("Interface", _uuid, { ofport: -1 });
    }
  }

  #writeInterface(transaction: Transaction, replica: Replica, one: ManagedInterface): void {
    const row = one.uuid === undefined ? undefined : replica.row("Interface", one.uuid);
    if (row === undefined) return;
    transaction.update("Interface", row._uuid, one.columns(this.#devices));
    // A new port's counters do not wait for the next round.
    const isNew = (row.statistics as ReadonlyMap<string, number>).size === 0;
    if (isNew) transaction.update("Interface", row._uuid, { statistics: one.statistics() });
  }

  /** Of every interface, by its row. A device takes up to 0.1 ms to ask: between some and the next, packets have their turn. */
  async #readStatistics(): Promise<[uuid: string, columns: { statistics: ReadonlyMap<string, number> }][]> {
    const interfaces = [...this.#bridges.values()].flatMap((held) => [...held.interfaces.values()]);
    const read: [string, { statistics: ReadonlyMap<string, number> }][] = [];
    for (const [i, one] of interfaces.entries()) {
      if (i % COUNTED_AT_ONCE === COUNTED_AT_ONCE - 1) await nextTask();
      if (one.uuid !== undefined) read.push([one.uuid, { statistics: one.statistics() }]);
    }
    return read;
  }

  /** Resolves when what was due is done, and in the database. */
  async idle(): Promise<void> {
    await this.#running;
  }

  get isAside(): boolean {
    return this.#aside;
  }

  #countWhenDue(): void {
    const now = this.#options.switch.now();
    if (now - this.#countedAt < this.#statisticsInterval) return;
    this.#countedAt = now;
    this.#statisticsWanted = true;
    this.#start();
  }

  #retry(): void {
    const failed = [...this.#bridges.values()].flatMap(({ interfaces }) =>
      [...interfaces.values()].filter(({ isLost, error }) => isLost || error !== undefined),
    );
    if (failed.length === 0) return;
    this.#devices.refresh();
    if (failed.some((one) => one.isWorthRetrying(this.#devices))) this.changed();
  }

  #complain(text: string): void {
    if (this.#complained.has(text)) return;
    this.#complained.add(text);
    this.#options.log.warn(text);
  }
}
