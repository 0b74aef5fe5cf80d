/**
 * The tunnel ports of a switch, and the datapath ports that they share: one for each kind and UDP port, named as the kernel's
 * tunnel devices are (`genev_sys_6081`).
 *
 * Invariants: a datapath port lives while a tunnel port uses it. Two tunnel ports never ask for the same packets.
 */
import type { Datapath, PortStatus, TunnelKind } from "../../fastpath/datapath.ts";
import type { SwitchBridge, SwitchPort } from "../switch-bridge.ts";
import type { TunnelConfiguration } from "./options.ts";
import { TunnelTable } from "./tunnel-table.ts";

export interface TunnelOwner {
  readonly bridge: SwitchBridge;
  readonly port: SwitchPort;
}

interface SharedPort {
  readonly opened: Promise<PortStatus>;
  users: number;
}

const DEVICE_NAME: Readonly<Record<TunnelKind, string>> = { geneve: "genev_sys", vxlan: "vxlan_sys" };

export class SwitchTunnels {
  readonly #datapath: Datapath;
  readonly #shared = new Map<string, SharedPort>();
  readonly #table = new TunnelTable<TunnelOwner>();
  readonly #configurations = new Map<SwitchPort, TunnelConfiguration>();

  constructor(datapath: Datapath) {
    this.#datapath = datapath;
  }

  /** The datapath port for tunnels of this configuration, opened if need be; to be given back by `close`. */
  async open(configuration: TunnelConfiguration): Promise<PortStatus> {
    const { kind, destinationPort } = configuration;
    const name = deviceName(configuration);
    let shared = this.#shared.get(name);
    if (shared === undefined) {
      const opened = this.#datapath.addPort({ kind: "tunnel", name, encapsulation: kind, destinationPort });
      shared = { opened, users: 0 };
      this.#shared.set(name, shared);
    }
    shared.users++;
    try {
      return await shared.opened;
    } catch (error) {
      if (--shared.users === 0) this.#shared.delete(name);
      throw error;
    }
  }

  /** Gives a datapath port back; whether it is gone now. */
  async close(configuration: TunnelConfiguration): Promise<boolean> {
    const name = deviceName(configuration);
    const shared = this.#shared.get(name);
    if (shared === undefined || --shared.users > 0) return false;
    this.#shared.delete(name);
    await this.#datapath.removePort((await shared.opened).number);
    return true;
  }

  /** Why packets of this configuration cannot go to another port, in a sentence; undefined when they can. */
  conflict(name: string, datapathPort: number, configuration: TunnelConfiguration): string | undefined {
    const holder = this.#table.holder(datapathPort, configuration);
    if (holder === undefined || holder.port.name === name) return undefined;
    return `${name}: port ${holder.port.name} of bridge ${holder.bridge.name} is the same tunnel`;
  }

  /** Packets of this configuration belong to the port from now on. */
  add(owner: TunnelOwner, configuration: TunnelConfiguration): void {
    this.#configurations.set(owner.port, configuration);
    this.#table.add(owner.port.datapathPort!, configuration, owner);
  }

  /** What the port was added with; its packets are nobody's from now on. */
  delete(port: SwitchPort, datapathPort: number): TunnelConfiguration | undefined {
    const configuration = this.#configurations.get(port);
    if (configuration === undefined) return undefined;
    this.#configurations.delete(port);
    this.#table.delete(datapathPort, configuration);
    return configuration;
  }

  configuration(port: SwitchPort): TunnelConfiguration | undefined {
    return this.#configurations.get(port);
  }

  /** Whose a packet with this key is. */
  find(key: Uint8Array): TunnelOwner | undefined {
    return this.#table.find(key);
  }
}

function deviceName({ kind, destinationPort }: TunnelConfiguration): string {
  return `${DEVICE_NAME[kind]}_${destinationPort}`;
}
