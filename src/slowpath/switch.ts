/**
 * The switch: a datapath, bridges with their tables, and what keeps the two in step.
 *
 * What: the one object that the doors (embedded northbound, command line, OpenFlow, OVSDB) work on. It adds and removes ports,
 *   applies changes of tables, and tells what is going on.
 * Invariants: `apply` resolves when the change is in force for every packet. A port or device that is lost is an event, never
 *   an exception. All of it runs on one thread; the fast path runs on its own and waits for nothing here.
 * Not handled: several bridges share the datapath's ports by number, but each port belongs to one bridge only.
 */
import { KEY_IN_PORT, KEY_RECIRC_ID, KEY_SIZE } from "../../assembly/layout/key.ts";
import type {
  Datapath,
  PortSpec,
  PortStatistics,
  PortStatus,
  TimeoutPolicy,
  TunnelKind,
  Upcall,
} from "../fastpath/datapath.ts";
import { DatapathResources } from "./datapath-resources.ts";
import { FLOW_SIZE } from "./flow/flow-layout.ts";
import { PORT_NONE } from "./flow/port-text.ts";
import { installLearned, mayLearn } from "./learned-rules.ts";
import { MegaflowTable } from "./megaflow.ts";
import { type PacketIn, PacketIns } from "./packet-ins.ts";
import { PACKET_OUT_ARGUMENT, type PacketOutRequest, PacketOuts } from "./packet-out.ts";
import { joinPatches } from "./patch-ports.ts";
import { Revalidator } from "./revalidate.ts";
import { type PortSettings, SwitchBridge, SwitchError, type SwitchPort } from "./switch-bridge.ts";

export { type PortSettings, SwitchBridge, SwitchError, type SwitchPort } from "./switch-bridge.ts";

import type { MeterIndexes } from "./tables/meters.ts";
import type { Modification } from "./tables/modification.ts";
import { deleteEverything } from "./tables/standing-changes.ts";
import type { ChangeSet } from "./tables/transaction.ts";
import type { Decided } from "./translate/context.ts";
import { RecirculationTable } from "./translate/recirculation.ts";
import { translate } from "./translate/translate.ts";
import type { Effect, LearnedRule, Translation } from "./translate/translation.ts";
import { readTunnelOptions, type TunnelOptions } from "./tunnel/options.ts";
import { SwitchTunnels } from "./tunnel/switch-tunnels.ts";
import { markTunnelLookup } from "./tunnel/tunnel-table.ts";
import { UpcallHandler } from "./upcall.ts";
import { ZoneTimeouts } from "./zone-timeouts.ts";

export interface SwitchLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SwitchOptions {
  readonly datapath: Datapath;
  /** How select groups are done: translate/select.ts. */
  readonly select?: "one-pass" | "recirculate";
  /** Milliseconds of CLOCK_MONOTONIC, the same clock as the datapath's. */
  readonly now?: () => number;
  readonly log?: SwitchLog;
  /** Most megaflows at a time. */
  readonly flowLimit?: number;
  /** Milliseconds without a packet after which a megaflow goes. */
  readonly maxIdle?: number;
  /** false: nobody sweeps but the owner, by `sweep()` (tests with a clock of their own). */
  readonly timers?: boolean;
}

export interface PortOptions {
  readonly bridge?: string;
  readonly ofport?: number;
  readonly settings?: PortSettings;
}

/** A tunnel, with options as OVSDB has them: src/slowpath/tunnel/options.ts. */
export interface TunnelPortSpec {
  readonly kind: TunnelKind;
  readonly name: string;
  readonly options: TunnelOptions;
}

/** "up", "down" and "gone" are the datapath's news, the others what was asked of the switch. */
export type PortEvent = "added" | "removed" | "changed" | "up" | "down" | "gone";
export type PortListener = (port: SwitchPort, event: PortEvent, reason: string, bridge: SwitchBridge) => void;

export const DEFAULT_BRIDGE = "br-int";
export const DEFAULT_FLOW_LIMIT = 200_000;
export const DEFAULT_MAX_IDLE = 10_000;
/** Milliseconds between two looks at idle megaflows, timeouts and statistics. */
const SWEEP_INTERVAL = 500;
/** At most one line a second about upcalls that failed. */
const ERROR_INTERVAL = 1000;

const silent: SwitchLog = { info: () => {}, warn: () => {}, error: () => {} };

export class Switch {
  readonly datapath: Datapath;
  readonly megaflows = new MegaflowTable();
  readonly recirculation: RecirculationTable;
  readonly upcalls: UpcallHandler;
  readonly revalidator: Revalidator;
  readonly select: "one-pass" | "recirculate";
  readonly now: () => number;
  flowLimit: number;
  maxIdle: number;
  /** Milliseconds that the last sweep took. */
  sweepDuration = 0;
  readonly #log: SwitchLog;
  readonly #bridges = new Map<string, SwitchBridge>();
  readonly #tunnels: SwitchTunnels;
  readonly #zoneTimeouts: ZoneTimeouts;
  readonly #owners = new Map<number, { bridge: SwitchBridge; port: SwitchPort }>();
  readonly #resources: DatapathResources;
  readonly #meterIndexes: MeterIndexes = new Set();
  readonly #packetIns: PacketIns;
  readonly #packetOuts: PacketOuts;
  readonly #packetInListeners: ((packetIn: PacketIn) => void)[] = [];
  readonly #portListeners: PortListener[] = [];
  readonly #flow = new Uint8Array(FLOW_SIZE);
  readonly #timer: NodeJS.Timeout | undefined;
  #lastError = Number.NEGATIVE_INFINITY;
  #errors = 0;

  constructor(options: SwitchOptions) {
    const { datapath, select = "one-pass", now = monotonicMilliseconds, log = silent } = options;
    this.datapath = datapath;
    this.select = select;
    this.now = now;
    this.#log = log;
    this.flowLimit = options.flowLimit ?? DEFAULT_FLOW_LIMIT;
    this.maxIdle = options.maxIdle ?? DEFAULT_MAX_IDLE;
    this.recirculation = new RecirculationTable(now);
    this.#resources = new DatapathResources(datapath);
    this.#zoneTimeouts = new ZoneTimeouts(datapath.conntrack);
    this.#tunnels = new SwitchTunnels(datapath);
    this.#packetIns = new PacketIns(datapath, (packetIn) => {
      for (const listener of this.#packetInListeners) listener(packetIn);
    });
    this.#packetOuts = new PacketOuts(datapath, (upcall, input) => {
      const { recirculation } = this;
      const packet = { packetLength: upcall.frame.length, rssHash: upcall.rssHash };
      this.upcalls.run(upcall, translate({ ...input, recirculation, select, packet, mayLearn: this.#mayLearn }));
    });
    const shared = {
      datapath,
      megaflows: this.megaflows,
      translate: (key: Uint8Array, packet?: Decided) => this.#translate(key, packet),
      retain: (id: number) => this.recirculation.retain(id),
      release: (id: number) => this.recirculation.release(id),
      now,
    };
    this.upcalls = new UpcallHandler({
      ...shared,
      applyEffects: (effects, upcall) => this.#applyEffects(effects, upcall),
      userspace: (upcall) => {
        if (upcall.argument === PACKET_OUT_ARGUMENT) this.#packetOuts.returned(upcall);
        else this.#packetIns.returned(upcall);
      },
      flowLimit: () => this.flowLimit,
      onError: (error) => this.#report(error),
    });
    this.revalidator = new Revalidator({
      ...shared,
      refresh: (effects) => this.#applyEffects(effects, undefined),
      maxIdle: () => this.maxIdle,
    });
    datapath.onUpcalls((upcalls) => this.upcalls.handle(upcalls));
    datapath.onPortChange(({ port, event, reason }) => this.#portChanged(port, event, reason));
    if (options.timers !== false) this.#timer = setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
  }

  // ------------------------------------------------------------------------------------------------ bridges and ports

  /** The bridge of that name, made when it is not there. */
  bridge(name = DEFAULT_BRIDGE): SwitchBridge {
    let bridge = this.#bridges.get(name);
    if (bridge === undefined) {
      bridge = new SwitchBridge(name, this.now, this.#meterIndexes, this.#zoneTimeouts);
      const made = bridge;
      made.tables.onChange((changes) => this.#tablesChanged(made, changes));
      made.macLearning.onChange(() => this.revalidator.macTableChanged());
      this.#bridges.set(name, made);
    }
    return bridge;
  }

  bridges(): Iterable<SwitchBridge> {
    return this.#bridges.values();
  }

  /**
   * Adds a device as a port.
   * @throws SwitchError when name or number are taken; the datapath's error when the device cannot be had.
   */
  async addPort(spec: PortSpec | TunnelPortSpec, options: PortOptions = {}): Promise<SwitchPort> {
    return "options" in spec ? this.#addTunnel(spec, options) : this.#addDevice(spec, options);
  }

  async #addDevice(spec: PortSpec, options: PortOptions): Promise<SwitchPort> {
    const bridge = this.bridge(options.bridge);
    const number = bridge.reserve(spec.name, options.ofport);
    const status = await this.datapath.addPort(spec).catch((error: unknown) => {
      bridge.unreserve(number);
      throw error;
    });
    const port: SwitchPort = {
      number,
      name: spec.name,
      kind: spec.kind,
      datapathPort: status.number,
      up: status.up,
      status,
      ...options.settings,
    };
    this.#owners.set(status.number, { bridge, port });
    return this.#announce(bridge, port);
  }

  async #addTunnel({ name, kind, options: wanted }: TunnelPortSpec, options: PortOptions): Promise<SwitchPort> {
    const configuration = readTunnelOptions(name, kind, wanted);
    const bridge = this.bridge(options.bridge);
    const number = bridge.reserve(name, options.ofport);
    let status: PortStatus;
    try {
      status = await this.#tunnels.open(configuration);
      const conflict = this.#tunnels.conflict(name, status.number, configuration);
      if (conflict !== undefined) {
        await this.#tunnels.close(configuration);
        throw new SwitchError(conflict);
      }
    } catch (error) {
      bridge.unreserve(number);
      throw error;
    }
    const { settings } = options;
    const tunnel = configuration.port;
    const port: SwitchPort = { number, name, kind, datapathPort: status.number, up: true, status, ...settings, tunnel };
    this.#tunnels.add({ bridge, port }, configuration);
    return this.#announce(bridge, port);
  }

  async #announce(bridge: SwitchBridge, port: SwitchPort): Promise<SwitchPort> {
    bridge.add(port);
    this.revalidator.everything();
    await this.datapath.barrier();
    this.#log.info({ port: port.name, ofport: port.number, bridge: bridge.name }, "port added");
    this.#tell(port, "added", "", bridge);
    return port;
  }

  /**
   * Changes the options of a working tunnel port. false: the port has to be made anew, for it would be another UDP port's.
   * @throws an error that says what is wrong with the options; the port is then as it was.
   */
  setTunnel(bridge: SwitchBridge, port: SwitchPort, options: TunnelOptions): boolean {
    const before = this.#tunnels.configuration(port);
    const { datapathPort } = port;
    if (before === undefined || datapathPort === undefined) return false;
    const after = readTunnelOptions(port.name, before.kind, options);
    if (after.destinationPort !== before.destinationPort) return false;
    const conflict = this.#tunnels.conflict(port.name, datapathPort, after);
    if (conflict !== undefined) throw new SwitchError(conflict);
    this.#tunnels.delete(port, datapathPort);
    this.#tunnels.add({ bridge, port }, after);
    this.setPort(bridge, port, { tunnel: after.port });
    return true;
  }

  /** Two patch ports, one on each bridge: what goes out by one comes in by the other. */
  addPatch(name: string, bridgeName: string, peerName: string, peerBridgeName: string): void {
    this.addPatchPort(name, peerName, { bridge: bridgeName });
    try {
      this.addPatchPort(peerName, name, { bridge: peerBridgeName });
    } catch (error) {
      const bridge = this.bridge(bridgeName);
      bridge.delete(bridge.portByName(name)!);
      throw error;
    }
  }

  /** One end of a patch; it forwards as soon as a patch port of the name `peerName` exists that wants this one for its peer. */
  addPatchPort(name: string, peerName: string, options: PortOptions = {}): SwitchPort {
    const bridge = this.bridge(options.bridge);
    const number = bridge.reserve(name, options.ofport);
    const port: SwitchPort = { number, name, kind: "patch", up: true, peerName, ...options.settings };
    bridge.add(port);
    this.#joinPatches();
    this.#tell(port, "added", "", bridge);
    return port;
  }

  /** Joins a patch port with another peer. */
  setPatchPeer(port: SwitchPort, peerName: string): void {
    if (port.peerName === peerName) return;
    port.peerName = peerName;
    this.#joinPatches();
  }

  /** Changes what a working port does. */
  setPort(bridge: SwitchBridge, port: SwitchPort, settings: PortSettings): void {
    Object.assign(port, settings);
    this.revalidator.everything();
    this.#tell(port, "changed", "", bridge);
  }

  /** Removes the bridge with all its ports and rules. */
  async removeBridge(name: string): Promise<void> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return;
    for (const port of bridge.ports()) await this.removePort(port.name, name);
    bridge.tables.apply(deleteEverything(), this.now());
    this.#bridges.delete(name);
    await this.datapath.barrier();
  }

  /** @throws SwitchError when there is no such port. */
  async removePort(name: string, bridgeName?: string): Promise<void> {
    const bridge = this.bridge(bridgeName);
    const port = bridge.portByName(name);
    if (port === undefined) throw new SwitchError(`no port named ${name} on bridge ${bridge.name}`);
    bridge.delete(port);
    if (port.kind === "patch") this.#joinPatches();
    if (port.datapathPort !== undefined) await this.#leaveDatapath(port, port.datapathPort);
    await this.datapath.barrier();
    this.#log.info({ port: name, bridge: bridge.name }, "port removed");
    this.#tell(port, "removed", "", bridge);
  }

  async #leaveDatapath(port: SwitchPort, datapathPort: number): Promise<void> {
    const tunnel = this.#tunnels.delete(port, datapathPort);
    if (tunnel === undefined) {
      this.#owners.delete(datapathPort);
      this.revalidator.portRemoved(datapathPort);
      await this.datapath.removePort(datapathPort);
    } else {
      this.revalidator.everything();
      if (await this.#tunnels.close(tunnel)) this.revalidator.portRemoved(datapathPort);
    }
  }

  portStatistics(port: SwitchPort): PortStatistics | undefined {
    return port.datapathPort === undefined ? undefined : this.datapath.portStatistics(port.datapathPort);
  }

  /** The bridge and port behind a datapath port number; tunnel ports share one, and have no owner here. */
  owner(datapathPort: number): { bridge: SwitchBridge; port: SwitchPort } | undefined {
    return this.#owners.get(datapathPort);
  }

  /** The bridge and port that a packet with this datapath key comes in by: tunnels share datapath ports. */
  ownerOfKey(key: Uint8Array): { bridge: SwitchBridge; port: SwitchPort } | undefined {
    return this.#tunnels.find(key) ?? this.#owners.get(readUint32(key, KEY_IN_PORT));
  }

  /** @returns what ends it */
  onPortChange(listener: PortListener): () => void {
    this.#portListeners.push(listener);
    return () => without(this.#portListeners, listener);
  }

  /** @returns what ends it */
  onPacketIn(listener: (packetIn: PacketIn) => void): () => void {
    this.#packetInListeners.push(listener);
    return () => without(this.#packetInListeners, listener);
  }

  /** Sends a frame through a list of actions. It leaves a little later: the fast path parses it first. */
  packetOut(request: PacketOutRequest): void {
    this.#packetOuts.send(request);
  }

  // ----------------------------------------------------------------------------------------------------------- changes

  /**
   * All of the modifications or none; resolves when they are in force for every packet.
   * @throws ModificationError saying which one was refused and why.
   */
  async apply(modifications: readonly Modification[], bridgeName?: string): Promise<ChangeSet> {
    const changes = this.bridge(bridgeName).tables.apply(modifications, this.now());
    await this.datapath.barrier();
    return changes;
  }

  /** How long connections of a conntrack zone last; undefined: as long as the datapath has it. */
  setZoneTimeouts(zone: number, timeouts: TimeoutPolicy | undefined): void {
    if (this.#zoneTimeouts.set(zone, timeouts)) this.revalidator.everything();
  }

  /** Idle megaflows go, statistics come, timeouts happen. */
  sweep(): void {
    const start = performance.now();
    this.revalidator.sweep();
    const now = this.now();
    for (const bridge of this.#bridges.values()) {
      bridge.tables.expire(now);
      bridge.macLearning.expire(now);
    }
    this.recirculation.expire();
    this.sweepDuration = performance.now() - start;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.datapath.close();
  }

  #tablesChanged(bridge: SwitchBridge, changes: ChangeSet): void {
    this.#resources.settleGroups(bridge, changes.groups);
    this.#resources.settleMeters(bridge, changes.meters);
    this.revalidator.groupsChanged(changes.groups);
    if (changes.meters.size > 0) this.revalidator.everything();
    this.revalidator.rulesChanged({
      added: [...changes.added],
      removed: [...changes.removed.keys(), ...changes.modified],
    });
  }

  // -------------------------------------------------------------------------------------------------------- translation

  #translate(key: Uint8Array, packet: Decided | undefined): Translation | undefined {
    const { recirculation, select } = this;
    const tunnelled = this.#tunnels.find(key);
    const owner = tunnelled ?? this.#owners.get(readUint32(key, KEY_IN_PORT));
    // A packet that a controller sent may come from no port: after recirculation its frozen state says what there is to know.
    const bridge = owner?.bridge ?? recirculation.state(readUint32(key, KEY_RECIRC_ID))?.bridge;
    if (bridge === undefined) return undefined;
    const flow = this.#flow;
    flow.set(key);
    flow.fill(0, KEY_SIZE);
    writeUint32(flow, KEY_IN_PORT, owner?.port.number ?? PORT_NONE);
    const translation = translate({ bridge, flow, recirculation, select, packet, mayLearn: this.#mayLearn });
    if (tunnelled) markTunnelLookup(translation.wildcards, key);
    return translation;
  }

  readonly #mayLearn = (rule: LearnedRule, bridge: string): boolean => mayLearn(rule, this.bridge(bridge));

  #applyEffects(effects: readonly Effect[], upcall: Upcall | undefined): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "learn_mac":
          this.bridge(effect.bridge).macLearning.learn(effect.vlan, effect.mac, effect.port, this.now());
          break;
        case "learn":
          installLearned(effect.spec, this.bridge(effect.bridge), this.now());
          break;
        case "fin_timeout":
          this.bridge(effect.bridge).tables.reduceTimeouts(effect.rule, effect.idle, effect.hard);
          break;
        case "packet_in": {
          if (upcall === undefined) break;
          const { meterId } = effect.packetIn;
          const meter = meterId === undefined ? undefined : this.bridge(effect.bridge).meter(meterId)?.datapathIndex;
          this.#packetIns.send(effect.packetIn, upcall, effect.bridge, meter);
        }
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------------- events

  #portChanged(status: PortStatus, event: "up" | "down" | "gone", reason: string): void {
    const owner = this.#owners.get(status.number);
    if (owner === undefined) return;
    const { port, bridge } = owner;
    port.up = event === "up";
    port.status = status;
    const fields = { port: port.name, ofport: port.number, bridge: bridge.name, reason };
    if (event === "gone") {
      port.datapathPort = undefined;
      this.#owners.delete(status.number);
      bridge.macLearning.flush(port.number);
      this.revalidator.portRemoved(status.number);
      this.#log.warn(fields, "port lost its device");
    } else {
      this.revalidator.everything();
      this.#log.info(fields, `port is ${event}`);
    }
    this.#tell(port, event, reason, bridge);
  }

  #tell(port: SwitchPort, event: PortEvent, reason: string, bridge: SwitchBridge): void {
    for (const listener of this.#portListeners) listener(port, event, reason, bridge);
  }

  #joinPatches(): void {
    joinPatches(this.#bridges.values());
    this.revalidator.everything();
  }

  #report(error: unknown): void {
    this.#errors++;
    const now = this.now();
    if (now - this.#lastError < ERROR_INTERVAL) return;
    this.#log.error({ err: error, since: this.#errors }, "an upcall failed");
    this.#lastError = now;
    this.#errors = 0;
  }
}

function without<T>(list: T[], gone: T): void {
  const index = list.indexOf(gone);
  if (index >= 0) list.splice(index, 1);
}

export function monotonicMilliseconds(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
