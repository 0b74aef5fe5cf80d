/**
 * A switch in this thread between a packet source and a port that forgets what it gets, and the time a packet takes.
 *
 *   with source   source + everything between two system calls: ring, parsing, look-up, actions, transmit queue
 *   net           that without the source, and without taking the frames from the ring into packet records
 *
 * Timed by the package `benchmark`, whole and source in turn.
 */
import Benchmark from "benchmark";
import { CONTROL_CACHE_OFF } from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { loadModule } from "../../src/fastpath/module.ts";
import { CheckFailed, check, type Figures } from "../bench.ts";
import { median } from "../statistics.ts";
import { PacketSource, type SourceOptions } from "./packet-source.ts";
import { BATCH } from "./source-layout.ts";

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
  readonly flows: number;
  /** Passes that a packet takes, for the check. */
  readonly passes?: number;
  /** false: no exact-match cache. */
  readonly cached?: boolean;
  readonly source?: SourceOptions;
  /** Bytes that a packet has when it has been through, at offsets from its first byte. */
  readonly edits?: readonly { readonly at: number; readonly hex: string }[];
  /** Megaflows, groups and connections that the packets will meet. */
  prepare(datapath: LocalDatapath): void;
  /** Makes every flow a new one again. */
  forget?(datapath: LocalDatapath): void;
}

interface Account {
  readonly packets: bigint;
  readonly cacheHits: bigint;
  readonly upcalls: bigint;
  readonly sent: bigint;
}

/** Seconds of one sample: long enough for the clock, short enough to be left alone in between. */
const SAMPLE = 0.0005;
const TURNS = 4;
/** Where the source alone takes longer than everything, the machine did something else meanwhile: so often it is tried anew. */
const TRIES = 10;

export class Rig {
  readonly #case: RigCase;
  readonly #datapath = new LocalDatapath({
    seed: 7,
    discard: true,
    hugePages: true,
    module: loadModule("fastpath-test"),
  });
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
    this.#source = new PacketSource(this.#datapath, IN_PORT, rigCase.flows, rigCase.source);
    this.#checkEdits();
    if (rigCase.forget === undefined) {
      for (let i = 0; i < 20_000 / BATCH || i < (2 * rigCase.flows) / BATCH; i++) this.#move();
    }
    for (let i = 0; i < 2000; i++) this.#receive();
  }

  /** Medians of about `milliseconds` of samples. */
  measure(milliseconds: number): Figures {
    return figuresOf(() => this.play(milliseconds));
  }

  /** @throws CheckFailed when a packet did not go the way it should. */
  play(milliseconds: number): Times {
    const before = this.#account();
    this.#runs = 0;
    const times = this.#case.forget ? this.#newFlows(milliseconds) : this.#knownFlows(milliseconds);
    this.#verify(before);
    return times;
  }

  #knownFlows(milliseconds: number): Times {
    const seconds = milliseconds / 1000 / (2 * TURNS);
    const whole: number[] = [];
    const source: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      whole.push(...samples(() => this.#move(), seconds));
      source.push(...samples(() => this.#receive(), seconds));
    }
    return { whole: median(whole), source: median(source) };
  }

  /** Each flow once, then all of them are forgotten: what is timed is a whole round of them. */
  #newFlows(milliseconds: number): Times {
    const whole: number[] = [];
    const source: number[] = [];
    const end = performance.now() + milliseconds;
    do {
      this.#case.forget?.(this.#datapath);
      whole.push(this.#round(() => this.#move()));
      source.push(this.#round(() => this.#receive()));
    } while (performance.now() < end);
    return { whole: median(whole), source: median(source) };
  }

  #round(work: () => void): number {
    const start = process.hrtime.bigint();
    let played = 0;
    for (; played < this.#case.flows; played += BATCH) work();
    return Number(process.hrtime.bigint() - start) / played;
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
    const { passes = 1, cached = true } = this.#case;
    const after = this.#account();
    const played = BigInt(this.#runs * BATCH);
    check(after.sent - before.sent === played, `${played} played, ${after.sent - before.sent} sent`);
    check(after.packets - before.packets === played * BigInt(passes), `not in ${passes} passes`);
    check(after.upcalls === before.upcalls, "packets asked the slow path");
    check(cached || after.cacheHits === before.cacheHits, "hits in the cache, which is off");
  }

  #checkEdits(): void {
    const { edits = [] } = this.#case;
    if (edits.length === 0) return;
    this.#move();
    for (const { at, hex } of edits) {
      const found = Buffer.from(this.#source.bytesOfFirst(at, hex.length / 2)).toString("hex");
      check(found === hex, `the bytes at ${at} are ${found}, not ${hex}`);
    }
  }
}

/** Nanoseconds a packet. */
export interface Times {
  readonly whole: number;
  readonly source: number;
}

/** @throws CheckFailed when the source alone seems to take longer than everything. */
export function figuresOf(measure: () => Times): Figures {
  for (let i = 0; i < TRIES; i++) {
    const { whole, source } = measure();
    if (whole > source) return { [WITH_SOURCE]: whole, [NET]: whole - source };
  }
  throw new CheckFailed("the packet source alone takes longer than all: the machine is too busy");
}

/** Nanoseconds a packet, each a mean over a moment. */
export function samples(batch: () => void, seconds: number): number[] {
  const options = { async: false, minTime: SAMPLE, maxTime: seconds, minSamples: 5 };
  const benchmark = new Benchmark("batch", batch, options).run();
  if (benchmark.error) throw benchmark.error;
  return benchmark.stats.sample.map((period) => (period * 1e9) / BATCH);
}
