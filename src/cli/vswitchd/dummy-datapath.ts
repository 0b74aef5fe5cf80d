/**
 * `--enable-dummy`: ports in memory and a clock that can be stopped and moved, as OVS's own test suite wants them.
 *
 * What: the fast path in this thread, run every few milliseconds and whenever the clock is moved.
 * Invariants: unless it is stopped the clock goes with the real one.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_PORTS } from "../../../assembly/layout/limits.ts";
import type { PortSpec, PortStatus } from "../../fastpath/datapath.ts";
import { LocalDatapath } from "../../fastpath/local-datapath.ts";
import { monotonicMilliseconds } from "../../slowpath/switch.ts";
import type { DummyPorts, VirtualClock } from "../../unixctl/vswitchd.ts";

const PERIOD = 2;
/** Bridges' own ports are numbered from here. */
const FIRST_BRIDGE_PORT = 100;

export class DummyDatapath extends LocalDatapath implements VirtualClock, DummyPorts {
  /** Called after each step of a warp: whoever looks at the clock from time to time looks now. */
  afterStep: () => void = () => {};
  readonly #timer: NodeJS.Timeout;
  #last = monotonicMilliseconds();
  #stopped = false;

  constructor() {
    super({ now: monotonicMilliseconds(), features: 0 });
    this.#timer = setInterval(() => this.#tick(), PERIOD).unref();
  }

  /** Tests rely on it: "p3" is number 3 and "br0" number 100. */
  override async addPort(spec: PortSpec, number = this.#numberFor(spec.name)): Promise<PortStatus> {
    return super.addPort(spec, number);
  }

  override async close(): Promise<void> {
    clearInterval(this.#timer);
    await super.close();
  }

  override async barrier(): Promise<void> {
    this.run();
    await super.barrier();
  }

  receive(name: string, frames: readonly Uint8Array[]): boolean {
    const port = this.ports().find((one) => one.name === name);
    if (port === undefined) return false;
    for (const frame of frames) {
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

  stop(): void {
    this.#stopped = true;
  }

  async warp(milliseconds: number, step: number): Promise<void> {
    this.stop();
    for (let left = milliseconds; left > 0; left -= step) {
      this.advanceTime(Math.min(step, left));
      this.run();
      this.afterStep();
      await nextTurn();
    }
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
