/**
 * A bridge: its ports by number and name, its tables, its learned addresses; translation's view of it.
 *
 * Invariants: port numbers and names are unique in a bridge; a port's number does not change while it lives. 65534 is the
 *   bridge's own port (LOCAL).
 */
import type { PortStatus } from "../fastpath/datapath.ts";
import { PORT_LOCAL, PORT_MAX, type PortNames } from "./flow/port-text.ts";
import { BridgeTables } from "./tables/bridge-tables.ts";
import { type MacEntry, MacLearning } from "./tables/mac-learning.ts";
import type { MeterIndexes } from "./tables/meters.ts";
import type { Group, Meter } from "./tables/rule.ts";
import type {
  Bridge,
  BridgePort,
  MacLookup,
  PortVlan,
  TableMiss,
  TunnelPort,
  WithheldAction,
} from "./translate/bridge.ts";
import type { ZoneTimeouts } from "./zone-timeouts.ts";

export interface SwitchPort extends BridgePort {
  readonly kind: "tap" | "system" | "test" | "patch" | "geneve" | "vxlan" | "tunnel";
  /** The datapath's; absent for patch ports and lost devices. */
  datapathPort?: number;
  up: boolean;
  status?: PortStatus;
  peer?: { readonly bridge: Bridge; readonly port: number };
  /** Of a patch port: the port on another bridge (or this one) that it wants to be joined with. */
  peerName?: string;
  down?: boolean;
  noReceive?: boolean;
  noForward?: boolean;
  noFlood?: boolean;
  noPacketIn?: boolean;
  vlan?: PortVlan;
  isProtected?: boolean;
  tunnel?: TunnelPort;
}

/** What can be changed of a port while it works. A key that is given with undefined goes back to the default. */
export type PortSettings = Partial<
  Pick<SwitchPort, "down" | "noReceive" | "noForward" | "noFlood" | "noPacketIn" | "vlan" | "isProtected" | "tunnel">
>;

/** Ports without a wish get a number up to this; the upper half is for those who wish. */
const AUTOMATIC_MAX = 0x7fff;

/** Why a port, a bridge or a change of them was refused. */
export class SwitchError extends Error {}

export class SwitchBridge implements Bridge {
  readonly name: string;
  readonly tables: BridgeTables;
  readonly macLearning = new MacLearning();
  readonly macTable: MacLookup;
  /** What OpenFlow calls the bridge by: 64 bits, by convention its MAC address. */
  datapathId = 0n;
  /** "netdev" or "system": what its owner calls the datapath. It is one and the same. */
  datapathType = "netdev";
  /** Whoever changes it must have every megaflow translated anew. */
  readonly withheld = new Set<WithheldAction>();
  /** How tables see IP fragments. Whoever changes it, or what misses do, must have every megaflow translated anew. */
  fragments: "normal" | "drop" | "nx-match" = "normal";
  /** What becomes of packets that find no rule, where a table was configured; elsewhere `defaultMiss` counts. */
  readonly tableMisses = new Map<number, TableMiss>();
  /** "controller" while one of before OpenFlow 1.3 listens. */
  defaultMiss: "drop" | "controller" = "drop";
  readonly #zoneTimeouts: ZoneTimeouts | undefined;
  readonly #ports = new Map<number, SwitchPort>();
  readonly #names = new Map<string, SwitchPort>();
  #lastNumber = 0;

  constructor(name: string, now: () => number, meterIndexes?: MeterIndexes, zoneTimeouts?: ZoneTimeouts) {
    this.name = name;
    this.#zoneTimeouts = zoneTimeouts;
    this.tables = new BridgeTables(meterIndexes);
    const { macLearning } = this;
    this.macTable = { lookup: (vlan, mac) => macLearning.lookup(vlan, mac, now()) };
  }

  port(number: number): SwitchPort | undefined {
    return this.#ports.get(number);
  }

  portByName(name: string): SwitchPort | undefined {
    return this.#names.get(name);
  }

  /** In ascending order of numbers. */
  ports(): SwitchPort[] {
    return [...this.#ports.values()].sort((a, b) => a.number - b.number);
  }

  tableMiss(table: number): TableMiss {
    return this.tableMisses.get(table) ?? this.defaultMiss;
  }

  timeoutPolicy(zone: number): number | undefined {
    return this.#zoneTimeouts?.policy(zone);
  }

  group(id: number): Group | undefined {
    return this.tables.groups.get(id);
  }

  meter(id: number): Meter | undefined {
    return this.tables.meters.get(id);
  }

  /** Port names in texts of flows and actions. */
  get portNames(): PortNames {
    return {
      numberOf: (name) => this.#names.get(name)?.number,
      nameOf: (number) => this.#ports.get(number)?.name,
    };
  }

  /**
   * The number a new port gets: the wanted one, or the next in turn, so that one that has just become free is not given to
   * another port while rules still name it.
   * @throws SwitchError when name or number are taken.
   */
  reserve(name: string, wanted: number | undefined): number {
    if (this.#names.has(name)) throw new SwitchError(`port ${name} is already on bridge ${this.name}`);
    if (wanted !== undefined) {
      if (!Number.isInteger(wanted) || wanted < 1 || (wanted >= PORT_MAX && wanted !== PORT_LOCAL)) {
        throw new SwitchError(`port number ${wanted} is not between 1 and ${PORT_MAX - 1}`);
      }
      const owner = this.#ports.get(wanted);
      if (owner) throw new SwitchError(`port number ${wanted} is taken by ${owner.name}`);
      return wanted;
    }
    for (let tries = 0; tries < AUTOMATIC_MAX; tries++) {
      this.#lastNumber = (this.#lastNumber % AUTOMATIC_MAX) + 1;
      if (!this.#ports.has(this.#lastNumber)) return this.#lastNumber;
    }
    throw new SwitchError(`bridge ${this.name} has no port number left`);
  }

  /** Takes back the number of a port that did not come to be. */
  unreserve(number: number): void {
    if (number === this.#lastNumber) this.#lastNumber--;
  }

  add(port: SwitchPort): void {
    this.#ports.set(port.number, port);
    this.#names.set(port.name, port);
  }

  /** Gives the stations that were behind it. */
  delete(port: SwitchPort): readonly MacEntry[] {
    this.#ports.delete(port.number);
    this.#names.delete(port.name);
    return this.macLearning.flush(port.number);
  }
}
