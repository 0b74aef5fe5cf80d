/**
 * `node --expose-gc hold.ts '{"what": "connections", "count": 100000}'`: makes that many in a process of their own and prints one
 * line of JSON: a Held.
 */
import { readFileSync } from "node:fs";
import { MEMORY_PAGES } from "../../assembly/memory.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { check } from "../bench.ts";
import { PIPELINES, type PipelineSwitch } from "../slow-path/pipelines.ts";
import { establishedCase, translatedCase } from "./cases.ts";
import { IN_PORT, OUT_PORT } from "./rig.ts";

export interface HoldOrder {
  readonly what: "megaflows" | "connections" | "translated";
  readonly count: number;
}

/** Bytes more than before. */
export interface Held {
  /** Resident memory of the process, what the JavaScript engine keeps in reserve included. */
  readonly resident: number;
  /** What is in use: linear memory touched, JavaScript objects after a collection. */
  readonly used: number;
}

/** As many before the first look: rings and tables are touched then, compilers done, and none of it counts. */
const WARM_UP = 20_000;
const BATCH = 32;
const PAGE_SIZE = 4096;

async function hold(order: HoldOrder): Promise<Held> {
  return order.what === "megaflows"
    ? holdMegaflows(await PIPELINES[0].make(), order.count)
    : holdConnections(order.count, order.what === "translated");
}

function holdMegaflows(made: PipelineSwitch, count: number): Held {
  made.switch.flowLimit = WARM_UP + count;
  setUp(made, 0, WARM_UP);
  const before = memoryNow();
  setUp(made, WARM_UP, count);
  const held = memoryNow(before);
  const { size } = made.switch.megaflows;
  check(size >= WARM_UP + count, `${WARM_UP + count} connections, ${size} megaflows`);
  return held;
}

function setUp({ datapath, port, frame }: PipelineSwitch, first: number, count: number): void {
  for (let i = 0; i < count; i++) {
    datapath.inject(port, frame(first + i));
    if (i % BATCH === BATCH - 1 || i === count - 1) datapath.run();
  }
}

function holdConnections(count: number, translated: boolean): Held {
  const make = translated ? translatedCase : establishedCase;
  const few = newDatapath();
  const beforeFew = memoryNow();
  make(WARM_UP).prepare(few);
  const before = memoryNow();
  const datapath = newDatapath();
  make(WARM_UP + count).prepare(datapath);
  const both = memoryNow(before);
  const first = { resident: before.resident - beforeFew.resident, used: before.used - beforeFew.used };
  const held = { resident: both.resident - first.resident, used: both.used - first.used };
  const { connections } = datapath.counters();
  // A translated one is tracked in two zones.
  const expected = (WARM_UP + count) * (translated ? 2 : 1);
  check(Number(connections) === expected, `${connections} connections instead of ${expected}`);
  return held;
}

function newDatapath(): LocalDatapath {
  const datapath = new LocalDatapath({ seed: 7, discard: true });
  datapath.addTestPort("in", IN_PORT);
  datapath.addTestPort("out", OUT_PORT);
  return datapath;
}

/** What is held now, less what was held before, once what nobody holds is gone. */
function memoryNow(before: Held = { resident: 0, used: 0 }): Held {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const [, pages] = readFileSync("/proc/self/statm", "utf8").split(" ");
  const resident = Number(pages) * PAGE_SIZE;
  return { resident: resident - before.resident, used: heapUsed + arrayBuffers + linearBytes() - before.used };
}

/** Resident bytes of all mappings as large as a linear memory. */
function linearBytes(): number {
  const mappings = readFileSync("/proc/self/smaps", "utf8").matchAll(/^Size: +(\d+) kB[\s\S]*?^Rss: +(\d+) kB/gm);
  let kilobytes = 0;
  for (const [, size, resident] of mappings) {
    if (Number(size) * 1024 >= MEMORY_PAGES * 65_536) kilobytes += Number(resident);
  }
  return kilobytes * 1024;
}

if (import.meta.main) console.log(JSON.stringify(await hold(JSON.parse(process.argv[2]) as HoldOrder)));
