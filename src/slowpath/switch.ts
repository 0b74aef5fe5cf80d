/**
 * The switch: a datapath, bridges with their tables, and what keeps the two in step.
 *
 * What: the one object that the doors (embedded northbound, command line, OpenFlow, OVSDB) work on. It has bridges and ports,
 *   applies changes of tables, and tells what is going on.
 * Invariants: `apply` resolves when the change is in force for every packet. A port or device that is lost is an event, never
 *   an exception. All of it runs on one thread; the fast path runs on its own and waits for nothing here.
 * Not handled: several bridges share the datapath's ports by number, but each port belongs to one bridge only.
 */
import { KEY_SIZE, KEY_TCP_FLAGS } from "../../assembly/layout/key.ts";
import type { Datapath, TimeoutPolicy, Upcall } from "../fastpath/datapath.ts";
import { monotonicMicroseconds } from "../kernel/clock.ts";
import { inPortOfKey, recirculationIdOfKey, setInPort } from "./datapath-key.ts";
import { DatapathResources } from "./datapath-resources.ts";
import { FLOW_SIZE } from "./flow/flow-layout.ts";
import { PORT_NONE } from "./flow/port-text.ts";
import { installLearned, mayLearn } from "./learned-rules.ts";
import { MegaflowTable } from "./megaflow.ts";
import { type PacketIn, PacketIns } from "./packet-ins.ts";
import { PACKET_OUT_ARGUMENT, type PacketOutRequest, PacketOuts } from "./packet-out.ts";
import { Revalidator } from "./revalidate.ts";
import { SwitchBridge } from "./switch-bridge.ts";
import { type SwitchLog, silentLog } from "./switch-log.ts";
import { SwitchPorts } from "./switch-ports.ts";
import type { MeterIndexes } from "./tables/meters.ts";
import type { Modification } from "./tables/modification.ts";
import { deleteEverything } from "./tables/standing-changes.ts";
import type { ChangeSet } from "./tables/transaction.ts";
import { type Decided, TranslationRoom } from "./translate/context.ts";
import { RecirculationTable } from "./translate/recirculation.ts";
import type { SelectMode } from "./translate/select.ts";
import { translate } from "./translate/translate.ts";
import type { Effect, LearnedRule, Translation } from "./translate/translation.ts";
import { markTunnelLookup } from "./tunnel/tunnel-table.ts";
import { type FlowWatcher, UpcallHandler } from "./upcall.ts";
import { ZoneTimeouts } from "./zone-timeouts.ts";

export { type PortSettings, SwitchBridge, SwitchError, type SwitchPort } from "./switch-bridge.ts";
export type { SwitchLog } from "./switch-log.ts";

export interface SwitchOptions {
  readonly datapath: Datapath;
  /** How select groups are done. */
  readonly select?: SelectMode;
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

export type { FlowWatcher } from "./upcall.ts";

export const DEFAULT_BRIDGE = "br-int";
export const DEFAULT_FLOW_LIMIT = 200_000;
export const DEFAULT_MAX_IDLE = 10_000;
/** Milliseconds after which an OpenFlow bundle that nobody goes on with is dropped. */
export const DEFAULT_BUNDLE_IDLE = 10_000;
/** Milliseconds between two looks at idle megaflows, timeouts and statistics. */
const SWEEP_INTERVAL = 500;
/** At most one line a second about upcalls that failed. */
const ERROR_INTERVAL = 1000;

export class Switch {
  readonly datapath: Datapath;
  readonly megaflows = new MegaflowTable();
  readonly recirculation: RecirculationTable;
  readonly upcalls: UpcallHandler;
  readonly revalidator: Revalidator;
  readonly ports: SwitchPorts;
  readonly now: () => number;
  flowLimit: number;
  maxIdle: number;
  bundleIdle = DEFAULT_BUNDLE_IDLE;
  flowWatcher: FlowWatcher | undefined;
  /** Controllers may use the actions of tests: src/slowpath/actions/debug.ts. */
  allowsDebugActions = false;
  /** Milliseconds that the last sweep took. */
  sweepDuration = 0;
  readonly #log: SwitchLog;
  readonly #bridges = new Map<string, SwitchBridge>();
  readonly #zoneTimeouts: ZoneTimeouts;
  readonly #resources: DatapathResources;
  readonly #meterIndexes: MeterIndexes = new Set();
  readonly #packetIns: PacketIns;
  readonly #packetOuts: PacketOuts;
  readonly #packetInListeners = new Set<(packetIn: PacketIn) => void>();
  readonly #sweepListeners = new Set<() => void>();
  readonly #flow = new Uint8Array(FLOW_SIZE);
  /** Of the translation under way: what megaflows keep of it is copied. */
  readonly #room = new TranslationRoom();
  readonly #timer: NodeJS.Timeout | undefined;
  #select: SelectMode;
  #lastError = Number.NEGATIVE_INFINITY;
  #errors = 0;

  constructor(options: SwitchOptions) {
    const { datapath, select = "one-pass", now = monotonicMilliseconds, log = silentLog } = options;
    this.datapath = datapath;
    this.#select = select;
    this.now = now;
    this.#log = log;
    this.flowLimit = options.flowLimit ?? DEFAULT_FLOW_LIMIT;
    this.maxIdle = options.maxIdle ?? DEFAULT_MAX_IDLE;
    this.recirculation = new RecirculationTable(now);
    this.#resources = new DatapathResources(datapath);
    this.#zoneTimeouts = new ZoneTimeouts(datapath.conntrack);
    this.#packetIns = new PacketIns(datapath, (packetIn) => {
      for (const listener of this.#packetInListeners) listener(packetIn);
    });
    this.#packetOuts = new PacketOuts(datapath, (upcall, input) => {
      const { recirculation, select } = this;
      const packet = { packetLength: upcall.length, rssHash: upcall.rssHash };
      this.upcalls.run(upcall, translate({ ...input, recirculation, select, packet, mayLearn: this.#mayLearn }));
    });
    const shared = {
      datapath,
      megaflows: this.megaflows,
      translate: (key: Uint8Array, packet?: Decided) => this.#translate(key, packet),
      retain: (id: number) => this.recirculation.retain(id),
      release: (id: number) => this.recirculation.release(id),
      flowLimit: () => this.flowLimit,
      now,
      watcher: () => this.flowWatcher,
    };
    this.upcalls = new UpcallHandler({
      ...shared,
      applyEffects: (effects, upcall) => this.#applyEffects(effects, upcall, tcpFlagsOfKey(upcall.key)),
      userspace: (upcall) => {
        if (upcall.argument === PACKET_OUT_ARGUMENT) this.#packetOuts.returned(upcall);
        else this.#packetIns.returned(upcall);
      },
      onError: (error) => this.#report(error),
    });
    this.revalidator = new Revalidator({
      ...shared,
      refresh: (effects, tcpFlags) => this.#applyEffects(effects, undefined, tcpFlags),
      maxIdle: () => this.maxIdle,
    });
    this.ports = new SwitchPorts({
      datapath,
      revalidator: this.revalidator,
      log,
      bridge: (name) => this.bridge(name),
      bridges: () => this.bridges(),
    });
    datapath.onUpcalls((upcalls) => this.upcalls.handle(upcalls));
    if (options.timers !== false) this.#timer = setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
  }

  // ----------------------------------------------------------------------------------------------------------- bridges

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

  /** Removes the bridge with all its ports and rules. */
  async removeBridge(name: string): Promise<void> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return;
    // Together: the kernel takes its time to forget a device, and can forget several at once.
    await Promise.all([...bridge.ports()].map((port) => this.ports.remove(port.name, name)));
    bridge.tables.apply(deleteEverything(), this.now());
    this.#bridges.delete(name);
    await this.datapath.barrier();
  }

  /** How select groups are done: by one datapath action, or by a hash and a megaflow for each of its values, as OVS does. */
  get select(): SelectMode {
    return this.#select;
  }

  set select(mode: SelectMode) {
    if (mode === this.#select) return;
    this.#select = mode;
    this.revalidator.everything();
  }

  /** Called after each sweep, some times a second: for whoever has timeouts of his own. @returns what ends it */
  onSweep(listener: () => void): () => void {
    this.#sweepListeners.add(listener);
    return () => this.#sweepListeners.delete(listener);
  }

  /** @returns what ends it */
  onPacketIn(listener: (packetIn: PacketIn) => void): () => void {
    this.#packetInListeners.add(listener);
    return () => this.#packetInListeners.delete(listener);
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
    for (const listener of this.#sweepListeners) listener();
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
    const tunnelled = this.ports.tunnelOf(key);
    const owner = tunnelled ?? this.ports.owner(inPortOfKey(key));
    // A packet that a controller sent may come from no port: after recirculation its frozen state says what there is to know.
    const bridge = owner?.bridge ?? recirculation.state(recirculationIdOfKey(key))?.bridge;
    if (bridge === undefined) return undefined;
    const flow = this.#flow;
    flow.set(key);
    flow.fill(0, KEY_SIZE);
    setInPort(flow, owner?.port.number ?? PORT_NONE);
    const translation = translate({
      bridge,
      flow,
      recirculation,
      select,
      packet,
      mayLearn: this.#mayLearn,
      room: this.#room,
    });
    if (tunnelled) markTunnelLookup(translation.wildcards, key);
    return translation;
  }

  readonly #mayLearn = (rule: LearnedRule, bridge: string): boolean => mayLearn(rule, this.bridge(bridge));

  #applyEffects(effects: readonly Effect[], upcall: Upcall | undefined, tcpFlags: number): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "learn_mac": {
          const bridge = this.bridge(effect.bridge);
          // A port that is gone has its last packets credited after it: they teach nothing.
          if (bridge.port(effect.port)) bridge.macLearning.learn(effect.vlan, effect.mac, effect.port, this.now());
          break;
        }
        case "learn":
          installLearned(effect.spec, this.bridge(effect.bridge), this.now());
          break;
        case "fin_timeout":
          if ((tcpFlags & TCP_FIN_OR_RST) === 0) break;
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

  #report(error: unknown): void {
    this.#errors++;
    const now = this.now();
    if (now - this.#lastError < ERROR_INTERVAL) return;
    this.#log.error({ err: error, since: this.#errors }, "an upcall failed");
    this.#lastError = now;
    this.#errors = 0;
  }
}

const TCP_FIN_OR_RST = 0x005;

function tcpFlagsOfKey(key: Uint8Array): number {
  return (key[KEY_TCP_FLAGS] << 8) | key[KEY_TCP_FLAGS + 1];
}

export function monotonicMilliseconds(): number {
  return Math.floor(monotonicMicroseconds() / 1000);
}
