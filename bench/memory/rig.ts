/**
 * A switch in this thread between a packet source and a port that forgets what it gets, and the time a packet takes.
 *
 *   with source   source + everything between two system calls: ring, parsing, look-up, actions, transmit queue
 *   net           that without the source, and without taking the frames from the ring into packet records
 */
import { CONTROL_CACHE_OFF } from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { loadModule } from "../../src/fastpath/module.ts";
import { check, type Figures } from "../bench.ts";
import { BATCH, PacketSource } from "./packet-source.ts";

export const IN_PORT = 1;
export const OUT_PORT = 2;
export const WITH_SOURCE = "with the packet source";
export const NET = "net of it";

/** What the tests' build of the module exports besides. */
interface Parts {
  resetPool(): void;
  receiveRing(port: number): number;
  releaseRing(port: number): void;
}

export interface RigCase {
  readonly name: string;
  readonly flows: number;
  /** Passes that a packet takes, for the check. */
  readonly passes?: number;
  /** false: no exact-match cache. */
  readonly cached?: boolean;
  /** Megaflows, groups and connections that the packets will meet. */
  prepare(datapath: LocalDatapath): void;
}

interface Account {
  readonly packets: bigint;
  readonly cacheHits: bigint;
  readonly upcalls: bigint;
  readonly sent: bigint;
}

/** Nanoseconds of one slice of a measurement: long enough for the clock, short enough to be left alone in between. */
const SLICE = 500_000;

export class Rig {
  readonly #case: RigCase;
  readonly #datapath = new LocalDatapath({ seed: 7, discard: true, module: loadModule("fastpath-test") });
  readonly #parts = this.#datapath.fastpath as unknown as Parts;
  readonly #source: PacketSource;
  #runs = 0;

  constructor(rigCase: RigCase) {
    this.#case = rigCase;
    this.#datapath.addTestPort("in", IN_PORT);
    this.#datapath.addTestPort("out", OUT_PORT);
    if (rigCase.cached === false) {
      new DataView(this.#datapath.memory.buffer).setUint32(CONTROL_BASE + CONTROL_CACHE_OFF, 1, true);
    }
    rigCase.prepare(this.#datapath);
    this.#source = new PacketSource(this.#datapath.memory, IN_PORT, rigCase.flows);
    for (let i = 0; i < 20_000 / BATCH || i < (2 * rigCase.flows) / BATCH; i++) this.#move();
    for (let i = 0; i < 2000; i++) this.#receive();
  }

  /** Medians of `milliseconds` of slices, the parts in turn. */
  measure(milliseconds: number): Figures {
    const whole: number[] = [];
    const source: number[] = [];
    const before = this.#account();
    this.#runs = 0;
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      whole.push(slice(() => this.#move()));
      source.push(slice(() => this.#receive()));
    }
    this.#verify(before);
    return { [WITH_SOURCE]: median(whole), [NET]: median(whole) - median(source), source: median(source) };
  }

  #move(): void {
    this.#source.fill();
    this.#datapath.fastpath.runRing(IN_PORT);
    this.#runs++;
  }

  #receive(): void {
    this.#source.fill();
    this.#parts.resetPool();
    this.#parts.receiveRing(IN_PORT);
    this.#parts.releaseRing(IN_PORT);
  }

  #account(): Account {
    const { packets, cacheHits, upcalls } = this.#datapath.counters();
    return { packets, cacheHits, upcalls, sent: this.#datapath.portStatistics(OUT_PORT).txPackets };
  }

  /** Every packet went out, in as many passes as the case says, and nobody was asked. */
  #verify(before: Account): void {
    const { name, passes = 1, cached = true } = this.#case;
    const after = this.#account();
    const played = BigInt(this.#runs * BATCH);
    check(after.sent - before.sent === played, `${name}: ${played} played, ${after.sent - before.sent} sent`);
    check(after.packets - before.packets === played * BigInt(passes), `${name}: not in ${passes} passes`);
    check(after.upcalls === before.upcalls, `${name}: upcalls`);
    check(cached || after.cacheHits === before.cacheHits, `${name}: hits in the cache`);
  }
}

/** Nanoseconds a packet. */
function slice(work: () => void): number {
  const start = process.hrtime.bigint();
  let batches = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 16; i++) work();
    batches += 16;
    elapsed = Number(process.hrtime.bigint() - start);
  } while (elapsed < SLICE);
  return elapsed / (batches * BATCH);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
