/**
 * `--enable-dummy`: ports in memory and a clock that can be stopped and moved, as OVS's own test suite wants them.
 *
 * What: the fast path in this thread, run every few milliseconds and whenever the clock is moved.
 * Invariants: unless it is stopped the clock goes with the real one. What leaves by a port is handed to its device and forgotten.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_PORTS } from "../../../../assembly/layout/limits.ts";
import { type PortSpec, type PortStatistics, type PortStatus, UNCOUNTED } from "../../../fastpath/datapath.ts";
import { LocalDatapath } from "../../../fastpath/local-datapath.ts";
import type { DummyDevices } from "../../../ovsdb/reconciler/kinds/dummy.ts";
import { monotonicMilliseconds } from "../../../slowpath/switch.ts";
import type { DummyPorts, VirtualClock } from "../../../unixctl/vswitchd.ts";
import { DummyDevice, type DummyOptions } from "./device.ts";
import { DummyHost } from "./host.ts";

const PERIOD = 2;
/** Bridges' own ports are numbered from here. */
const FIRST_BRIDGE_PORT = 100;

/** As OVS's dummies: packets and bytes, nothing else. */
export const NOT_COUNTED_BY_DUMMIES = {
  rxDropped: UNCOUNTED,
  txDropped: UNCOUNTED,
  rxErrors: UNCOUNTED,
  txErrors: UNCOUNTED,
};

export class DummyDatapath extends LocalDatapath implements VirtualClock, DummyPorts, DummyDevices {
  /** Called after each step of the clock: whoever looks at it from time to time looks now. */
  afterStep: () => void = () => {};
  /** Called at the end of a warp: what was due then is done when it resolves. */
  afterWarp: () => Promise<void> = async () => {};
  readonly host = new DummyHost();
  readonly #timer: NodeJS.Timeout;
  readonly #warn: (text: string) => void;
  readonly #devices = new Map<string, DummyDevice>();
  #last = monotonicMilliseconds();
  #stopped = false;

  constructor(warn: (text: string) => void) {
    super({ now: monotonicMilliseconds(), features: 0 });
    this.#warn = warn;
    this.#timer = setInterval(() => this.#tick(), PERIOD).unref();
  }

  /** Tests rely on it: "p3" is number 3 and "br0" number 100. */
  override async addPort(spec: PortSpec, number = this.#numberFor(spec.name)): Promise<PortStatus> {
    return super.addPort(spec, number);
  }

  override async removePort(number: number): Promise<void> {
    const name = this.ports().find((port) => port.number === number)?.name;
    await super.removePort(number);
    if (name === undefined) return;
    this.#devices.get(name)?.close();
    this.#devices.delete(name);
  }

  override portStatistics(number: number): PortStatistics {
    return { ...super.portStatistics(number), ...NOT_COUNTED_BY_DUMMIES };
  }

  configure(name: string, options: DummyOptions): void {
    let device = this.#devices.get(name);
    if (device === undefined) {
      device = new DummyDevice({ receive: (frame) => this.receive(name, [frame]), warn: this.#warn });
      this.#devices.set(name, device);
    }
    device.configure(options);
  }

  override async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const device of this.#devices.values()) device.close();
    this.#devices.clear();
    await super.close();
  }

  override async barrier(): Promise<void> {
    this.run();
    await super.barrier();
  }

  override run(): void {
    super.run();
    for (const { number, name } of this.ports()) {
      const frames = this.takeTransmitted(number);
      const device = this.#devices.get(name);
      for (const { bytes } of frames) device?.sent(bytes);
    }
  }

  receive(name: string, frames: readonly Uint8Array[]): boolean {
    const port = this.ports().find((one) => one.name === name);
    if (port === undefined) return false;
    const device = this.#devices.get(name);
    for (const frame of frames) {
      device?.received(frame);
      this.inject(port.number, frame);
      this.run();
    }
    return true;
  }

  setUp(name: string | undefined, up: boolean): boolean {
    const chosen = this.ports().filter((port) => name === undefined || port.name === name);
    for (const { number } of chosen) this.setPortUp(number, up);
    return name === undefined || chosen.length > 0;
  }

  addAddress(name: string, prefix: { readonly address: Uint8Array; readonly mask: Uint8Array }): boolean {
    if (!this.ports().some((port) => port.name === name)) return false;
    this.host.addAddress(name, prefix);
    return true;
  }

  connections(): [name: string, connected: boolean][] {
    return this.ports().flatMap(({ name }) => {
      const connected = this.#devices.get(name)?.connected;
      return connected === undefined ? [] : [[name, connected]];
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  async warp(milliseconds: number, step: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      this.#advance(Math.min(step, left));
      await nextTurn();
    }
    await this.afterWarp();
  }

  #advance(milliseconds: number): void {
    this.advanceTime(milliseconds);
    this.run();
    this.afterStep();
  }

  #tick(): void {
    const now = monotonicMilliseconds();
    if (!this.#stopped && now > this.#last) this.advanceTime(now - this.#last);
    this.#last = now;
    this.run();
  }

  #numberFor(name: string): number | undefined {
    const digits = /\d+/.exec(name)?.[0];
    if (digits === undefined) return undefined;
    const number = (name.startsWith("br") ? FIRST_BRIDGE_PORT : 0) + Number(digits);
    const isFree = !this.ports().some((port) => port.number === number);
    return number > 0 && number < MAX_PORTS && isFree ? number : undefined;
  }
}
