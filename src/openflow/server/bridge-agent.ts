/**
 * A bridge as its OpenFlow connections see it: what they change together, and what happens on it that they want to hear of.
 *
 * What: applies modifications, and tells packet-ins, ports, removed rules and flow updates to the sessions that asked.
 * Invariants: a change is told with whose it was; a session hears of everything in the order in which it happened.
 */
import { randomBytes } from "node:crypto";
import type { PacketIn } from "../../slowpath/packet-ins.ts";
import type { PortSettings, Switch, SwitchBridge, SwitchPort } from "../../slowpath/switch.ts";
import { type Modification, ModificationError } from "../../slowpath/tables/modification.ts";
import type { ChangeSet } from "../../slowpath/tables/transaction.ts";
import { isSamePort, type PortDescription } from "../messages/port.ts";
import { portReasons } from "../messages/port-status.ts";
import type { WireContext } from "../wire/context.ts";
import { isErrorCode, OpenFlowError } from "../wire/errors.ts";
import { OF10, OF13, OF15 } from "../wire/version.ts";
import { wants } from "./async-masks.ts";
import { expireBundles } from "./bundle.ts";
import { FlowMonitors } from "./flow-monitors.ts";
import { tellFlowsRemoved } from "./flow-removals.ts";
import { tellPacketIn } from "./packet-ins.ts";
import { describePort } from "./port-descriptions.ts";
import type { Session } from "./session.ts";
import { tellVacancies } from "./table-vacancy.ts";
import { TlvMap } from "./tlv-map.ts";

/** Whose change it is. */
export interface ChangeOrigin {
  readonly session: Session;
  readonly xid: number;
}

/** Refused by position in the list. */
export class RefusedModification extends OpenFlowError {
  readonly index: number;

  constructor(code: OpenFlowError["code"], message: string, index: number) {
    super(code, message);
    this.index = index;
  }
}

export class BridgeAgent {
  readonly switch: Switch;
  readonly bridge: SwitchBridge;
  readonly sessions = new Set<Session>();
  readonly tlvMap: TlvMap;
  readonly monitors: FlowMonitors;
  readonly wireOptions: Omit<WireContext, "version">;
  /** Names the bridge in continuations, for as long as this process lives. */
  readonly uuid = new Uint8Array(randomBytes(16));
  /** Of the last election of a primary controller. */
  generation: bigint | undefined;
  /** When each port came, in milliseconds of the switch's clock. */
  readonly #portsSince = new Map<SwitchPort, number>();
  /** What was last told of each port. */
  readonly #described = new Map<SwitchPort, PortDescription>();
  readonly #metersSince = new Map<number, number>();
  readonly #started: number;
  readonly #leave: readonly (() => void)[];
  #origin: ChangeOrigin | undefined;
  #portModifier: Session | undefined;

  constructor(owner: Switch, bridge: SwitchBridge) {
    this.switch = owner;
    this.bridge = bridge;
    this.tlvMap = TlvMap.of(owner);
    this.monitors = new FlowMonitors(this);
    const { allowsDebugActions } = owner;
    this.wireOptions = { isTunnelOption: (index) => this.tlvMap.has(index), allowsDebugActions };
    this.#started = owner.now();
    this.#leave = [
      owner.onPacketIn((packetIn) => this.#packetIn(packetIn)),
      owner.ports.onChange((port, event, _reason, on) => {
        if (on === bridge) this.#portChanged(port, event);
      }),
      bridge.tables.onChange((changes) => this.#tablesChanged(changes)),
      owner.onSweep(() => {
        for (const session of this.sessions) expireBundles(session, owner.now() - owner.bundleIdle);
      }),
    ];
  }

  close(): void {
    for (const leave of this.#leave) leave();
  }

  sessionReady(session: Session): void {
    this.sessions.add(session);
    this.listenersChanged();
  }

  sessionClosed(session: Session): void {
    this.sessions.delete(session);
    this.monitors.forget(session);
    this.listenersChanged();
  }

  /**
   * Before OpenFlow 1.3 packets that no rule matches go to the controller unless a table is configured not to. To be called when who
   * listens, or to what, has changed.
   */
  listenersChanged(): void {
    const wanted = [...this.sessions].some(
      (session) => session.controllerId === 0 && (session.version ?? OF10) < OF13 && this.hears(session),
    );
    const miss = wanted ? "controller" : "drop";
    if (miss === this.bridge.defaultMiss) return;
    this.bridge.defaultMiss = miss;
    this.switch.revalidator.missesChanged();
  }

  /**
   * Does all of the list or nothing. In force for packets after the datapath's next barrier.
   * @throws RefusedModification
   */
  apply(modifications: readonly Modification[], origin: ChangeOrigin): void {
    this.#origin = origin;
    try {
      this.bridge.tables.apply(modifications, this.switch.now());
    } catch (error) {
      if (!(error instanceof ModificationError)) throw error;
      const code = isErrorCode(error.code) ? error.code : "OFPBRC_EPERM";
      throw new RefusedModification(code, error.sentence, error.index);
    } finally {
      this.#origin = undefined;
    }
  }

  /** What a controller configures of a port. */
  setPort(port: SwitchPort, settings: PortSettings, by: Session): void {
    this.#portModifier = by;
    try {
      this.switch.ports.set(this.bridge, port, settings);
    } finally {
      this.#portModifier = undefined;
    }
  }

  /** Milliseconds since the port came. */
  portAge(port: SwitchPort): number {
    return this.switch.now() - (this.#portsSince.get(port) ?? this.#started);
  }

  describePort(port: SwitchPort): PortDescription {
    return describePort(port);
  }

  /** When the meter was made or changed, in milliseconds of the switch's clock. */
  meterSince(id: number): number {
    return this.#metersSince.get(id) ?? this.#started;
  }

  #packetIn(packetIn: PacketIn): void {
    if (packetIn.bridge === this.bridge.name) tellPacketIn(this, packetIn);
  }

  #portChanged(port: SwitchPort, event: string): void {
    const description = this.describePort(port);
    const before = this.#described.get(port);
    this.#described.set(port, description);
    switch (event) {
      case "added":
        this.#portsSince.set(port, this.switch.now());
        // As OVS: whether it is alive is found out a moment later.
        this.#tellPort("add", { ...description, live: false });
        this.#tellPort("modify", description, { ...description, live: false });
        break;
      case "removed":
        this.#portsSince.delete(port);
        this.#described.delete(port);
        this.#tellPort("delete", description);
        break;
      default:
        this.#tellChange(description, before);
    }
  }

  /** What is configured is told first, what the link has made of it a moment later, as OVS does. */
  #tellChange(after: PortDescription, before: PortDescription | undefined): void {
    const configured = before && { ...after, linkDown: before.linkDown, live: after.live && before.live };
    if (configured) this.#tellPort("modify", configured, before, this.#portModifier);
    this.#tellPort("modify", after, configured);
  }

  /** A modification that a version has no word for is not told to those that speak it. */
  #tellPort(
    reason: (typeof portReasons)[number],
    port: PortDescription,
    before?: PortDescription,
    source?: Session,
  ): void {
    const number = portReasons.indexOf(reason);
    for (const session of this.sessions) {
      const { version } = session;
      if (version === undefined || !this.hears(session)) continue;
      // Before 1.5 whoever changes a port is not told that it has changed.
      if (session === source && version < OF15) continue;
      if (!wants(session.masks, session.role, "portStatus", number)) continue;
      if (before !== undefined && isSamePort(before, port, version)) continue;
      session.sendAsync({ type: "port_status", reason, port });
    }
  }

  #tablesChanged(changes: ChangeSet): void {
    for (const id of changes.meters) {
      if (this.bridge.meter(id)) this.#metersSince.set(id, this.switch.now());
      else this.#metersSince.delete(id);
    }
    this.monitors.changed(changes, this.#origin);
    tellFlowsRemoved(this, changes.removed);
    tellVacancies(this, changes.tables);
  }

  /** Service connections hear nothing until they ask for some bytes of packets. */
  hears(session: Session): boolean {
    return session.kind === "controller" || session.missSendLength !== 0;
  }
}
