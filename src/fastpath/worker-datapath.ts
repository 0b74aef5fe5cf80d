/**
 * The datapath of a running switch: a worker thread owns the fast path, the kernel's devices are its ports.
 *
 * What: DatapathCore for everything that goes through shared memory, KernelPorts for devices, FastpathWorker for the thread;
 *   this file ties them together and waits for upcalls.
 * Invariants: the handler of upcalls runs between other tasks of this thread, never while it is busy; an error of its own
 *   surfaces as an uncaught exception and the next upcalls are delivered all the same. After `close` no device, descriptor,
 *   thread or mapping of this datapath is left.
 */
import { setImmediate as nextTask } from "node:timers/promises";
import { CONTROL_UPCALL_BELL } from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { LinkMonitor } from "../kernel/link-monitor.ts";
import type { Datapath, PortSpec, PortStatistics, PortStatus } from "./datapath.ts";
import { DatapathCore } from "./datapath-core.ts";
import { FastpathWorker } from "./fastpath-worker.ts";
import { wantHugePages } from "./huge-pages.ts";
import { KernelOffload } from "./kernel-offload.ts";
import { KernelPorts, type PortListener } from "./kernel-ports.ts";
import { createMemory, loadModule } from "./module.ts";
import { TunnelPorts } from "./tunnel-ports.ts";
import { TAG_LINKS, type WorkerMessage } from "./worker-messages.ts";

const BELL = (CONTROL_BASE + CONTROL_UPCALL_BELL) >> 2;

export class WorkerDatapath extends DatapathCore implements Datapath {
  readonly #words: Int32Array;
  readonly #worker: FastpathWorker;
  readonly #monitor: LinkMonitor;
  readonly #ports: KernelPorts;
  readonly #memory: WebAssembly.Memory;
  #offload: KernelOffload | undefined;
  readonly #tunnels: TunnelPorts;
  #started!: () => void;
  #failedToStart!: (error: Error) => void;
  #listening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Starts the thread; resolves when its loop runs. */
  static async start(): Promise<WorkerDatapath> {
    const datapath = new WorkerDatapath();
    try {
      await new Promise<void>((resolve, reject) => {
        datapath.#started = resolve;
        datapath.#failedToStart = reject;
      });
    } catch (error) {
      await datapath.close();
      throw error;
    }
    datapath.#listening = datapath.#listen();
    return datapath;
  }

  private constructor() {
    const memory = createMemory();
    wantHugePages(memory);
    super({ memory, wake: () => this.#worker.wake() });
    this.#words = new Int32Array(memory.buffer);
    this.#monitor = new LinkMonitor();
    this.#worker = new FastpathWorker(
      memory,
      loadModule(),
      (message) => this.#handle(message),
      (error) => this.#die(error),
    );
    this.#worker.readiness.add(this.#monitor.descriptor, TAG_LINKS, true);
    this.#memory = memory;
    this.#ports = new KernelPorts(memory, this.#worker.readiness, () => this.#worker.passed());
    this.#tunnels = new TunnelPorts(memory, this.#worker.readiness, () => this.#worker.passed());
  }

  /** Without a number: the lowest free one from 1 on. */
  async addPort(spec: PortSpec, number = this.#freeNumber()): Promise<PortStatus> {
    if (spec.kind === "test") throw new Error(`${spec.name}: test ports belong to LocalDatapath`);
    const holder = this.ports().find((port) => port.number === number);
    if (holder !== undefined) throw new Error(`port number ${number} is taken by ${holder.name}`);
    // The end of a namespace must be heard before its id in the kernel, which is the next one's, is heard of again.
    this.#ports.handle(this.#monitor.read());
    return spec.kind === "tunnel" ? this.#tunnels.add(spec, number) : this.#ports.add(spec, number);
  }

  removePort(number: number): Promise<void> {
    return this.#tunnels.has(number) ? this.#tunnels.remove(number) : this.#ports.remove(number);
  }

  ports(): readonly PortStatus[] {
    return [...this.#ports.list(), ...this.#tunnels.list()];
  }

  portStatistics(number: number): PortStatistics {
    return this.#tunnels.has(number) ? this.#tunnels.statistics(number) : this.#ports.statistics(number);
  }

  onPortChange(listener: PortListener): void {
    this.#ports.onChange(listener);
  }

  async setOffload(on: boolean): Promise<void> {
    const before = this.#offload;
    if (on === (before !== undefined)) return;
    this.#offload = on ? new KernelOffload(this.#memory) : undefined;
    await this.#ports.setOffload(this.#offload);
    before?.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#worker.stop();
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
    await this.#listening;
    await this.#ports.close();
    this.#offload?.close();
    this.#tunnels.close();
    this.#monitor.close();
  }

  #freeNumber(): number {
    const taken = new Set(this.ports().map((port) => port.number));
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }

  #handle(message: WorkerMessage): void {
    if (this.#closing !== undefined) return;
    switch (message.type) {
      case "started":
        this.#started();
        break;
      case "links":
        this.#ports.handle(this.#monitor.read());
        break;
      case "failed":
        this.#ports.failed(message.port, message.errno);
        break;
      case "alive":
        this.#ports.alive(message.port);
        break;
    }
  }

  #die(error: Error): void {
    this.#failedToStart(error);
    this.#ports.abandon(`the fast path's thread died: ${error.stack ?? error.message}`);
  }

  /** Delivers upcalls as they come. */
  async #listen(): Promise<void> {
    while (this.#closing === undefined) {
      const seen = Atomics.load(this.#words, BELL);
      if (this.#deliver()) {
        await nextTask();
        continue;
      }
      const ring = Atomics.waitAsync(this.#words, BELL, seen);
      if (ring.async) await ring.value;
    }
  }

  #deliver(): boolean {
    try {
      return this.deliverUpcalls();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
      return true;
    }
  }
}
