/**
 * The compiled fast path and its memory.
 *
 * What: build/fastpath.wasm is compiled once a process; every instance shares one memory with the threads that use it.
 * Invariants: the control block is filled in before `initialize` runs; the memory never grows, so views of it stay valid.
 */
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  CONTROL_HASH_SEED,
  CONTROL_LAYOUT,
  CONTROL_MAGIC,
  CONTROL_MAGIC_VALUE,
  CONTROL_RANDOM,
} from "../../assembly/layout/control.ts";
import { REGION_ARENA, REGION_METERS } from "../../assembly/layout/region.ts";
import { ARENA_HEADER_BASE, CONTROL_BASE, MEMORY_PAGES, METERS_HEADER_BASE } from "../../assembly/memory.ts";
import { layoutHash } from "./layout-hash.ts";
import { publishRegion } from "./regions.ts";

/** What assembly/index.ts exports. */
export interface FastpathExports {
  /** Of the layouts that the module was compiled from. */
  layoutHash(): number;
  initialize(): void;
  processBatch(first: number, packets: number): void;
  runRing(port: number): number;
  runXdp(port: number): number;
  runBuffers(port: number, count: number): number;
  runDatagrams(port: number, checksummed: boolean, count: number): number;
  applyCommands(budget: number): number;
  sweep(budget: number): void;
  /** Time of the next batches, in microseconds. */
  setClock(microseconds: number): void;
  /** What became of queued frames: assembly/io/queue.ts. */
  countSent(port: number, first: number, count: number): void;
  countRefused(port: number, count: number, full: boolean): void;
  /** The transmit ring of an AF_XDP port: assembly/io/xdp-transmit.ts. */
  submitXdp(port: number): number;
  unsentXdp(port: number): number;
  countTakenXdp(port: number, dropped: boolean): number;
  withdrawXdp(port: number, count: number): void;
  countTunnelled(port: number, packets: number, bytes: number, reason: number): void;
}

/** What assembly/io/host.ts asks of the thread that runs it. */
export interface FastpathHost {
  flushPort(port: number): void;
  receiveLong(port: number, count: number): number;
}

const modules = new Map<string, WebAssembly.Module>();

/** The compiled module of `build/<name>.wasm`: `fastpath`, or `fastpath-test` with the tests' own exports. */
export function loadModule(name = "fastpath"): WebAssembly.Module {
  let module = modules.get(name);
  if (module === undefined) {
    const file = new URL(`../../build/${name}.wasm`, import.meta.url);
    module = new WebAssembly.Module(readFileSync(file));
    modules.set(name, module);
  }
  return module;
}

/** A memory with its control block filled in. `seed` fixes hashes and random numbers, for tests that must repeat. */
export function createMemory(seed?: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const view = new DataView(memory.buffer, CONTROL_BASE);
  const random = randomFillSync(new Uint32Array(3));
  if (seed !== undefined) random.fill(seed);
  view.setUint32(CONTROL_LAYOUT, layoutHash(), true);
  view.setUint32(CONTROL_HASH_SEED, random[0], true);
  view.setUint32(CONTROL_RANDOM, random[1], true);
  view.setUint32(CONTROL_RANDOM + 4, random[2], true);
  view.setUint32(CONTROL_MAGIC, CONTROL_MAGIC_VALUE, true);
  publishRegion(memory, ARENA_HEADER_BASE, REGION_ARENA);
  publishRegion(memory, METERS_HEADER_BASE, REGION_METERS);
  return memory;
}

/**
 * An instance on `memory`. `Exports` widens the type for the test build.
 * @throws when the module was compiled from other layouts than these.
 */
export function instantiate<Exports extends Pick<FastpathExports, "layoutHash"> = FastpathExports>(
  memory: WebAssembly.Memory,
  host: FastpathHost,
  module: WebAssembly.Module = loadModule(),
): Exports {
  const env = {
    memory,
    flushPort: (port: number) => host.flushPort(port),
    receiveLong: (port: number, count: number) => host.receiveLong(port, count),
    abort: () => {
      throw new Error("the fast path aborted");
    },
  };
  const exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
  if (exports.layoutHash() !== layoutHash()) {
    throw new Error("build/ was compiled from other layouts than assembly/layout/ has now: npm run build");
  }
  return exports;
}
