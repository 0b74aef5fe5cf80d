/**
 * A bridge as its OpenFlow connections see it: what they change together, and what happens on it that they want to hear of.
 *
 * What: applies modifications, and tells packet-ins, ports, removed rules and flow updates to the sessions that asked.
 * Invariants: a change is told with whose it was; a session hears of everything in the order in which it happened.
 */
import { randomBytes } from "node:crypto";
import type { PacketIn } from "../../slowpath/packet-ins.ts";
import type { Switch, SwitchBridge, SwitchPort } from "../../slowpath/switch.ts";
import { type Modification, ModificationError } from "../../slowpath/tables/modification.ts";
import type { ChangeSet } from "../../slowpath/tables/transaction.ts";
import type { PortDescription } from "../messages/port.ts";
import { portReasons } from "../messages/port-status.ts";
import type { TableMiss } from "../messages/table-mod.ts";
import type { WireContext } from "../wire/context.ts";
import { isErrorCode, OpenFlowError } from "../wire/errors.ts";
import { wants } from "./async-masks.ts";
import { FlowMonitors } from "./flow-monitors.ts";
import { tellFlowsRemoved } from "./flow-removals.ts";
import { tellPacketIn } from "./packet-ins.ts";
import { type DownPort, describePort } from "./port-descriptions.ts";
import type { Session } from "./session.ts";
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

const PORT_EVENTS: Readonly<Record<string, (typeof portReasons)[number]>> = {
  added: "add",
  removed: "delete",
};

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
  /** Ports that a controller has put down, and what else they are configured to while they neither take nor give. */
  readonly downPorts = new Map<number, DownPort>();
  /** What OpenFlow 1.1 and 1.2 have configured of tables. */
  readonly tableMisses = new Map<number, TableMiss>();
  /** Tables that may evict rules: told, not done. */
  readonly evictingTables = new Set<number>();
  /** When each port came, in milliseconds of the switch's clock. */
  readonly #portsSince = new Map<SwitchPort, number>();
  readonly #metersSince = new Map<number, number>();
  readonly #started: number;
  readonly #leave: readonly (() => void)[];
  #origin: ChangeOrigin | undefined;

  constructor(owner: Switch, bridge: SwitchBridge) {
    this.switch = owner;
    this.bridge = bridge;
    this.tlvMap = TlvMap.of(owner);
    this.monitors = new FlowMonitors(this);
    this.wireOptions = { isTunnelOption: (index) => this.tlvMap.has(index) };
    this.#started = owner.now();
    this.#leave = [
      owner.onPacketIn((packetIn) => this.#packetIn(packetIn)),
      owner.ports.onChange((port, event, _reason, on) => {
        if (on === bridge) this.#portChanged(port, event);
      }),
      bridge.tables.onChange((changes) => this.#tablesChanged(changes)),
    ];
  }

  close(): void {
    for (const leave of this.#leave) leave();
  }

  sessionReady(session: Session): void {
    this.sessions.add(session);
  }

  sessionClosed(session: Session): void {
    this.sessions.delete(session);
    this.monitors.forget(session);
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

  /** Milliseconds since the port came. */
  portAge(port: SwitchPort): number {
    return this.switch.now() - (this.#portsSince.get(port) ?? this.#started);
  }

  describePort(port: SwitchPort): PortDescription {
    return describePort(port, this.downPorts.get(port.number));
  }

  /** When the meter was made or changed, in milliseconds of the switch's clock. */
  meterSince(id: number): number {
    return this.#metersSince.get(id) ?? this.#started;
  }

  #packetIn(packetIn: PacketIn): void {
    if (packetIn.bridge === this.bridge.name) tellPacketIn(this, packetIn);
  }

  #portChanged(port: SwitchPort, event: string): void {
    const reason = PORT_EVENTS[event] ?? "modify";
    if (reason === "add") this.#portsSince.set(port, this.switch.now());
    if (reason === "delete") {
      this.#portsSince.delete(port);
      this.downPorts.delete(port.number);
    }
    const number = portReasons.indexOf(reason);
    const description = this.describePort(port);
    for (const session of this.sessions) {
      if (!this.hears(session) || !wants(session.masks, session.role, "portStatus", number)) continue;
      session.sendAsync({ type: "port_status", reason, port: description });
    }
  }

  #tablesChanged(changes: ChangeSet): void {
    for (const id of changes.meters) {
      if (this.bridge.meter(id)) this.#metersSince.set(id, this.switch.now());
      else this.#metersSince.delete(id);
    }
    this.monitors.changed(changes, this.#origin);
    tellFlowsRemoved(this, changes.removed);
  }

  /** Service connections hear nothing until they ask for some bytes of packets. */
  hears(session: Session): boolean {
    return session.kind === "controller" || session.missSendLength !== 0;
  }
}
