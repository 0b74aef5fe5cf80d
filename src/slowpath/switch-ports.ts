/**
 * The ports of a switch: devices, tunnels and patches, whose they are, and what becomes of them.
 *
 * Invariants: a port is on one bridge. A device that is lost is an event, never an exception: its port stays, without a
 *   datapath port, until it is removed. After `add`, `set` and `remove` every megaflow is as the ports are now.
 */
import type { Datapath, PortSpec, PortStatistics, PortStatus, TunnelKind } from "../fastpath/datapath.ts";
import { inPortOfKey } from "./datapath-key.ts";
import { joinPatches } from "./patch-ports.ts";
import type { Revalidator } from "./revalidate.ts";
import { type PortSettings, type SwitchBridge, SwitchError, type SwitchPort } from "./switch-bridge.ts";
import type { SwitchLog } from "./switch-log.ts";
import type { MacEntry } from "./tables/mac-learning.ts";
import { readTunnelOptions, type TunnelOptions } from "./tunnel/options.ts";
import { SwitchTunnels } from "./tunnel/switch-tunnels.ts";

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

export interface PortOwner {
  readonly bridge: SwitchBridge;
  readonly port: SwitchPort;
}

export interface SwitchPortsOptions {
  readonly datapath: Datapath;
  readonly revalidator: Revalidator;
  readonly log: SwitchLog;
  /** The bridge of that name, made when it is not there. */
  readonly bridge: (name?: string) => SwitchBridge;
  readonly bridges: () => Iterable<SwitchBridge>;
}

export class SwitchPorts {
  readonly #options: SwitchPortsOptions;
  readonly #tunnels: SwitchTunnels;
  /** By datapath port. */
  readonly #owners = new Map<number, PortOwner>();
  readonly #listeners = new Set<PortListener>();

  constructor(options: SwitchPortsOptions) {
    this.#options = options;
    this.#tunnels = new SwitchTunnels(options.datapath);
    options.datapath.onPortChange(({ port, event, reason }) => this.#changed(port, event, reason));
  }

  /**
   * Adds a device or a tunnel as a port.
   * @throws SwitchError when name or number are taken; the datapath's error when the device cannot be had.
   */
  add(spec: PortSpec | TunnelPortSpec, options: PortOptions = {}): Promise<SwitchPort> {
    return "options" in spec ? this.#addTunnel(spec, options) : this.#addDevice(spec, options);
  }

  async #addDevice(spec: PortSpec, options: PortOptions): Promise<SwitchPort> {
    const bridge = this.#options.bridge(options.bridge);
    const number = bridge.reserve(spec.name, options.ofport);
    const status = await this.#options.datapath.addPort(spec).catch((error: unknown) => {
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
    if (status.refused !== undefined) {
      this.#options.log.warn(
        { port: port.name, reason: status.refused },
        "AF_XDP refused: a packet socket takes its place",
      );
    }
    this.#owners.set(status.number, { bridge, port });
    return this.#announce(bridge, port);
  }

  async #addTunnel({ name, kind, options: wanted }: TunnelPortSpec, options: PortOptions): Promise<SwitchPort> {
    const configuration = readTunnelOptions(name, kind, wanted);
    const bridge = this.#options.bridge(options.bridge);
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
    const { datapath, revalidator, log } = this.#options;
    bridge.add(port);
    // A tunnel is found by what packets carry, not by a port's number.
    if (port.tunnel) revalidator.everything();
    else revalidator.portAdded();
    await datapath.barrier();
    log.info({ port: port.name, ofport: port.number, bridge: bridge.name }, "port added");
    this.#tell(port, "added", "", bridge);
    return port;
  }

  /** Two patch ports, one on each bridge: what goes out by one comes in by the other. */
  addPatch(name: string, bridgeName: string, peerName: string, peerBridgeName: string): void {
    const port = this.addPatchPort(name, peerName, { bridge: bridgeName });
    try {
      this.addPatchPort(peerName, name, { bridge: peerBridgeName });
    } catch (error) {
      this.#options.bridge(bridgeName).delete(port);
      throw error;
    }
  }

  /** One end of a patch; it forwards as soon as a patch port of the name `peerName` exists that wants this one for its peer. */
  addPatchPort(name: string, peerName: string, options: PortOptions = {}): SwitchPort {
    const bridge = this.#options.bridge(options.bridge);
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
  set(bridge: SwitchBridge, port: SwitchPort, settings: PortSettings): void {
    Object.assign(port, settings);
    this.#options.revalidator.everything();
    this.#tell(port, "changed", "", bridge);
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
    this.set(bridge, port, { tunnel: after.port });
    return true;
  }

  /** @throws SwitchError when there is no such port. */
  async remove(name: string, bridgeName?: string): Promise<void> {
    const { datapath, log } = this.#options;
    const bridge = this.#options.bridge(bridgeName);
    const port = bridge.portByName(name);
    if (port === undefined) throw new SwitchError(`no port named ${name} on bridge ${bridge.name}`);
    this.#forgetStations(bridge, bridge.delete(port));
    if (port.kind === "patch") this.#joinPatches();
    if (port.datapathPort !== undefined) await this.#leaveDatapath(port, port.datapathPort);
    await datapath.barrier();
    log.info({ port: name, bridge: bridge.name }, "port removed");
    this.#tell(port, "removed", "", bridge);
  }

  async #leaveDatapath(port: SwitchPort, datapathPort: number): Promise<void> {
    const { datapath, revalidator } = this.#options;
    const tunnel = this.#tunnels.delete(port, datapathPort);
    if (tunnel === undefined) {
      this.#owners.delete(datapathPort);
      revalidator.portRemoved(datapathPort);
      await datapath.removePort(datapathPort);
    } else {
      revalidator.everything();
      if (await this.#tunnels.close(tunnel)) revalidator.portRemoved(datapathPort);
    }
  }

  statistics(port: SwitchPort): PortStatistics | undefined {
    return port.datapathPort === undefined ? undefined : this.#options.datapath.portStatistics(port.datapathPort);
  }

  /** The bridge and port behind a datapath port number; tunnel ports share one, and have no owner here. */
  owner(datapathPort: number): PortOwner | undefined {
    return this.#owners.get(datapathPort);
  }

  /** The tunnel port that a packet with this datapath key came in by. */
  tunnelOf(key: Uint8Array): PortOwner | undefined {
    return this.#tunnels.find(key);
  }

  /** The bridge and port that a packet with this datapath key comes in by: tunnels share datapath ports. */
  ownerOfKey(key: Uint8Array): PortOwner | undefined {
    return this.tunnelOf(key) ?? this.#owners.get(inPortOfKey(key));
  }

  /** @returns what ends it */
  onChange(listener: PortListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(status: PortStatus, event: "up" | "down" | "gone", reason: string): void {
    const { revalidator, log } = this.#options;
    const owner = this.#owners.get(status.number);
    if (owner === undefined) return;
    const { port, bridge } = owner;
    port.up = event === "up";
    port.status = status;
    const fields = { port: port.name, ofport: port.number, bridge: bridge.name, reason };
    if (event === "gone") {
      port.datapathPort = undefined;
      this.#owners.delete(status.number);
      this.#forgetStations(bridge, bridge.macLearning.flush(port.number));
      revalidator.portRemoved(status.number);
      log.warn(fields, "port lost its device");
    } else {
      revalidator.everything();
      log.info(fields, `port is ${event}`);
    }
    this.#tell(port, event, reason, bridge);
  }

  /** The other bridges may have heard them by patch ports: where they are now, nobody knows. */
  #forgetStations(bridge: SwitchBridge, stations: readonly MacEntry[]): void {
    for (const other of this.#options.bridges()) if (other !== bridge) other.macLearning.forget(stations);
  }

  #tell(port: SwitchPort, event: PortEvent, reason: string, bridge: SwitchBridge): void {
    for (const listener of this.#listeners) listener(port, event, reason, bridge);
  }

  #joinPatches(): void {
    joinPatches(this.#options.bridges());
    this.#options.revalidator.everything();
  }
}
