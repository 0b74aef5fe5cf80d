/**
 * The ports of a worker: their devices, and what becomes of them.
 *
 * What: opens TAP devices and interfaces (interface-io.ts) and hands them to the worker: a port record (port-records.ts) and an entry
 *   in the worker's epoll set. Listens to the kernel for links that change, move or go.
 * Invariants: a descriptor is closed and a ring unmapped only after the worker has passed a quiescent point (`passed`).
 *   A port that died stays, out of service, until it is removed: its number is not given to another one meanwhile.
 *   Listeners hear of changes only: no event repeats what the last one said.
 * Not handled: several workers; interfaces that come back under the same name (the slow path adds them again).
 */
import { MAX_PORTS } from "../../assembly/layout/limits.ts";
import { PORT_KIND_TAP } from "../../assembly/layout/port.ts";
import { ENODEV, errnoName, SystemCallError } from "../kernel/errno.ts";
import { findLink, type Link, namespaceId, setLink } from "../kernel/link.ts";
import type { LinkNews } from "../kernel/link-monitor.ts";
import type { Readiness } from "../kernel/readiness.ts";
import { close, closeElsewhere } from "../kernel/system-calls.ts";
import { isTapThere, openTap, tapDrops } from "../kernel/tap.ts";
import type { PortSpec, PortStatistics, PortStatus } from "./datapath.ts";
import { type OpenInterface, openInterface } from "./interface-io.ts";
import { KernelOffload } from "./kernel-offload.ts";
import { PortRecords } from "./port-records.ts";
import { RingWindows } from "./ring-windows.ts";

/** Frames a TAP device queues for us: as many as the ring of a packet socket holds. */
const TAP_QUEUE_LENGTH = 4096;

export type PortEvent = "up" | "down" | "gone";
export type PortListener = (change: { port: PortStatus; event: PortEvent; reason: string }) => void;
type TapSpec = Extract<PortSpec, { kind: "tap" }>;
type SystemSpec = Extract<PortSpec, { kind: "system" }>;

interface KernelPort {
  readonly number: number;
  readonly spec: TapSpec | SystemSpec;
  readonly descriptor: number;
  /** Of a system interface: its socket. */
  readonly interface?: OpenInterface;
  link: Link;
  /** Id of the namespace the interface is in; undefined = ours. */
  namespaceId?: number;
  /** What listeners know. */
  state: PortEvent;
  /** What keeps the kernel forwarding known flows that come in there. */
  forwarder?: number;
  /** Frames that the kernel's ring or queue had no room for, so far. */
  ringDrops: number;
}

export class KernelPorts {
  readonly #records: PortRecords;
  readonly #readiness: Readiness;
  readonly #windows: RingWindows;
  readonly #passed: () => Promise<void>;
  readonly #listeners: PortListener[] = [];
  readonly #ports = new Map<number, KernelPort>();
  #offload: KernelOffload | undefined;

  /** `passed` resolves when the worker has finished every batch that was under way. */
  constructor(memory: WebAssembly.Memory, readiness: Readiness, passed: () => Promise<void>) {
    this.#records = new PortRecords(memory);
    this.#readiness = readiness;
    this.#windows = new RingWindows(memory);
    this.#passed = passed;
  }

  onChange(listener: PortListener): void {
    this.#listeners.push(listener);
  }

  /** Opens the device and puts it to work. */
  add(spec: TapSpec | SystemSpec, number: number): PortStatus {
    if (!Number.isInteger(number) || number < 0 || number >= MAX_PORTS) {
      throw new Error(`port number ${number} of ${spec.name} is not between 0 and ${MAX_PORTS - 1}`);
    }
    const port = spec.kind === "tap" ? this.#openTap(spec, number) : this.#openInterface(spec, number);
    this.#ports.set(number, port);
    this.#readiness.add(port.descriptor, number);
    this.#startForwarding(port);
    return status(port);
  }

  /** Has the kernel forward known flows between the interfaces that come by packet sockets, now and later; undefined: no more. */
  async setOffload(offload: KernelOffload | undefined): Promise<void> {
    const before = this.#offload;
    if (before !== undefined) {
      for (const { number } of this.#ports.values()) this.#records.setForwardingIndex(number, 0);
      await this.#withdrawFlows();
      for (const port of this.#ports.values()) this.#stopForwarding(port);
    }
    this.#offload = offload;
    for (const port of this.#ports.values()) this.#startForwarding(port);
  }

  async remove(number: number): Promise<void> {
    const port = this.#port(number);
    this.#records.free(number);
    this.#readiness.remove(port.descriptor);
    await this.#withdrawFlows();
    this.#ports.delete(number);
    await this.#release(port);
  }

  list(): readonly PortStatus[] {
    return [...this.#ports.values()].map(status);
  }

  statistics(number: number): PortStatistics {
    const port = this.#port(number);
    if (port.interface !== undefined) port.ringDrops += port.interface.takeDrops();
    else port.ringDrops = tapDrops(port.descriptor) ?? port.ringDrops;
    return this.#records.statistics(number, port.ringDrops);
  }

  /** The worker took the port out of service: finds out whether its device is gone, down, or well again. */
  failed(number: number, errno: number): void {
    const port = this.#ports.get(number);
    if (port !== undefined) this.#look(port, errnoName(errno));
  }

  /** A frame came in at a port that is out of service: what a TAP sends it sends because it is up. */
  alive(number: number): void {
    const port = this.#ports.get(number);
    if (port === undefined) return;
    if (port.spec.kind === "tap") this.#update(port, { ...port.link, up: true, carrier: true });
    else this.#look(port, "frames arrive");
  }

  handle(news: readonly LinkNews[]): void {
    for (const item of news) {
      for (const port of this.#ports.values()) this.#handleOne(port, item);
    }
  }

  /** No port works any more: the worker has died. */
  abandon(reason: string): void {
    for (const port of this.#ports.values()) this.#change(port, "gone", reason);
  }

  /** Releases every device. The worker has stopped. */
  async close(): Promise<void> {
    const ports = [...this.#ports.values()];
    this.#ports.clear();
    await Promise.all(ports.map((port) => this.#release(port)));
  }

  #openTap(spec: TapSpec, number: number): KernelPort {
    const { name, mac, mtu, namespace } = spec;
    const { descriptor, features } = openTap(name, spec.offloads);
    try {
      setLink(name, { mac, mtu, queueLength: TAP_QUEUE_LENGTH });
      if (namespace !== undefined) setLink(name, { namespace });
      const link = mustFind(name, namespace);
      this.#records.publish(number, { kind: PORT_KIND_TAP, features, mtu: link.mtu, descriptor }, isUp(link));
      const home = namespace === undefined ? undefined : namespaceId(namespace);
      return { number, spec, descriptor, link, namespaceId: home, state: isUp(link) ? "up" : "down", ringDrops: 0 };
    } catch (error) {
      this.#records.free(number);
      close(descriptor);
      throw error;
    }
  }

  #openInterface(spec: SystemSpec, number: number): KernelPort {
    const link = mustFind(spec.name);
    const opened = openInterface(spec, link, this.#windows);
    const { descriptor, kind, features, window } = opened;
    const record = { kind, features, mtu: link.mtu, descriptor, window: window.address, ringBytes: window.bytes };
    this.#records.publish(number, record, isUp(link));
    return { number, spec, descriptor, interface: opened, link, state: isUp(link) ? "up" : "down", ringDrops: 0 };
  }

  #handleOne(port: KernelPort, news: LinkNews): void {
    if (news.kind === "lost") this.#look(port, "link news were lost");
    else if (news.namespaceId !== port.namespaceId) return;
    else if (news.kind === "namespace deleted") this.#change(port, "gone", "its network namespace was deleted");
    else if (news.link.index !== port.link.index) return;
    else if (news.kind === "changed") this.#hear(port, news.link);
    else this.#leave(port, news.link);
  }

  /** An interface that is deleted is set down first: what goes down is looked at, so that there is one event. */
  #hear(port: KernelPort, link: Link): void {
    if (port.state === "up" && !isUp(link)) this.#look(port, linkReason(link));
    else this.#update(port, link);
  }

  /** The interface was deleted, or went to another namespace: a TAP stays ours wherever it goes. */
  #leave(port: KernelPort, { movedTo }: Link): void {
    if (movedTo === undefined) {
      this.#change(port, "gone", "interface deleted");
    } else if (port.spec.kind === "tap") {
      port.namespaceId = movedTo.namespaceId;
      port.link = { ...port.link, index: movedTo.index };
    } else {
      this.#change(port, "gone", "interface moved to another network namespace");
    }
  }

  /** Asks the kernel how the port's interface is. */
  #look(port: KernelPort, reason: string): void {
    const { spec, descriptor } = port;
    if (spec.kind === "tap" && !isTapThere(descriptor)) {
      this.#change(port, "gone", "interface deleted");
      return;
    }
    let link: Link | undefined;
    try {
      link = findLink(port.link.name, spec.kind === "tap" ? spec.namespace : undefined);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error; // the namespace has lost its name
    }
    if (link !== undefined && link.index === port.link.index) this.#update(port, link, reason);
    else if (spec.kind === "system") this.#change(port, "gone", "interface deleted");
    else this.#change(port, "down", reason); // it is somewhere else: news or frames will say when it is up
  }

  #update(port: KernelPort, link: Link, reason = linkReason(link)): void {
    if (port.state === "gone") return;
    const before = port.link;
    port.link = link;
    this.#records.setMtu(port.number, link.mtu);
    this.#records.setUp(port.number, isUp(link));
    // After the records: what the worker offers once it has fulfilled the wish goes by the new ones.
    if (link.mtu !== before.mtu || isUp(link) !== isUp(before)) this.#offload?.withdraw();
    this.#change(port, isUp(link) ? "up" : "down", reason);
  }

  #change(port: KernelPort, state: PortEvent, reason: string): void {
    if (port.state === state || port.state === "gone") return;
    port.state = state;
    if (state === "gone") {
      this.#records.setUp(port.number, false);
      this.#records.setForwardingIndex(port.number, 0);
      this.#offload?.withdraw();
      this.#readiness.remove(port.descriptor);
    }
    for (const listener of this.#listeners) listener({ port: status(port), event: state, reason });
  }

  /** No batch that knew of the ports as they were is under way, and no flow of theirs is the kernel's. */
  async #withdrawFlows(): Promise<void> {
    this.#offload?.withdraw();
    await this.#passed();
    // The worker may have looked for the wish just before there was one.
    if (this.#offload !== undefined) await this.#passed();
  }

  /** A device that takes no program is a port all the same: its flows stay with the fast path. */
  #startForwarding(port: KernelPort): void {
    if (this.#offload === undefined || port.interface?.io !== "packet" || port.state === "gone") return;
    const { index } = port.link;
    try {
      port.forwarder = this.#offload.attach(port.descriptor, index);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      return;
    }
    this.#records.setForwardingIndex(port.number, index);
  }

  #stopForwarding(port: KernelPort): void {
    if (port.forwarder === undefined) return;
    KernelOffload.detach(port.descriptor, port.forwarder);
    port.forwarder = undefined;
  }

  async #release(port: KernelPort): Promise<void> {
    this.#records.free(port.number);
    this.#stopForwarding(port);
    if (port.interface !== undefined) port.interface.close();
    else await closeElsewhere(port.descriptor);
  }

  #port(number: number): KernelPort {
    const port = this.#ports.get(number);
    if (port === undefined) throw new Error(`there is no port ${number}`);
    return port;
  }
}

const isUp = (link: Link): boolean => link.up && link.carrier;

function linkReason(link: Link): string {
  if (!link.up) return "interface set down";
  return link.carrier ? "interface up" : "no carrier";
}

function mustFind(name: string, namespace?: string): Link {
  const link = findLink(name, namespace);
  if (link === undefined) throw new SystemCallError(`interface ${name}`, ENODEV);
  return link;
}

function status(port: KernelPort): PortStatus {
  const { number, link, spec, interface: opened, forwarder } = port;
  return {
    number,
    name: spec.name,
    kind: spec.kind,
    up: port.state === "up",
    enabled: link.up,
    mac: link.mac,
    mtu: link.mtu,
    ifindex: port.state === "gone" ? undefined : link.index,
    ...(opened && {
      io: opened.io,
      xdpMode: opened.xdpMode,
      refused: opened.refused,
      forwards: forwarder !== undefined,
    }),
  };
}
