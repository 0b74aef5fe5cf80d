/**
 * The part of a Datapath that does not care which thread runs the fast path: everything that goes through shared memory.
 *
 * What: megaflows, execution, upcalls, bucket counters, meters, conntrack, counters. Ports and the fast path's loop are
 *   what LocalDatapath and WorkerDatapath add.
 * Invariants: this thread alone writes commands and reads upcalls. Nothing here waits for the worker except `barrier`, and
 *   a command for which a full ring has no room.
 */
import { COMMAND_ARGS, COMMAND_CACHE_CLEAR } from "../../assembly/layout/command.ts";
import {
  BUCKET_BYTES,
  BUCKET_CONNECTIONS,
  BUCKET_COUNTERS_SIZE,
  BUCKET_PACKETS,
} from "../../assembly/layout/program.ts";
import { Arena } from "./arena.ts";
import { CommandRing } from "./command-ring.ts";
import { FastpathConntrack } from "./conntrack.ts";
import type {
  Conntrack,
  Counters,
  ExecuteRequest,
  FlowTraffic,
  MegaflowHandle,
  MegaflowStatistics,
  MeterSpec,
  Upcall,
} from "./datapath.ts";
import type { DatapathAction } from "./datapath-action.ts";
import { Execution } from "./execute.ts";
import { readCounters } from "./fast-counters.ts";
import { FlowStore } from "./flow-store.ts";
import { type GeneveOption, writeGeneveOptions } from "./geneve-options.ts";
import { type MeterStatistics, Meters } from "./meters.ts";
import { UpcallRing } from "./upcall-ring.ts";

/** As long as these are handled (some 5 ms) nothing else happens on the main thread: no command, no timeout. */
const UPCALLS_AT_ONCE = 256;

export interface DatapathCoreOptions {
  readonly memory: WebAssembly.Memory;
  /** Makes whoever runs the fast path look at the command ring; cheap when it is awake. */
  readonly wake: () => void;
}

export class DatapathCore {
  readonly conntrack: Conntrack;
  readonly commands: CommandRing;
  readonly #view: DataView;
  readonly #arena = new Arena();
  readonly #flows: FlowStore;
  readonly #execution: Execution;
  readonly #meters: Meters;
  readonly #upcalls: UpcallRing;
  geneveOptions: readonly GeneveOption[] = [];
  #onUpcalls: ((upcalls: Iterable<Upcall>) => void) | undefined;

  constructor({ memory, wake }: DatapathCoreOptions) {
    this.#view = new DataView(memory.buffer);
    this.commands = new CommandRing(memory, wake);
    this.#flows = new FlowStore(memory, this.#arena, this.commands);
    this.#execution = new Execution(memory, this.commands);
    this.#meters = new Meters(memory, this.commands);
    this.#upcalls = new UpcallRing(memory);
    this.conntrack = new FastpathConntrack(memory, this.commands);
  }

  putFlow(key: Uint8Array, mask: Uint8Array, actions: readonly DatapathAction[]): MegaflowHandle {
    return this.#flows.put(key, mask, actions);
  }

  replaceActions(flow: MegaflowHandle, actions: readonly DatapathAction[]): MegaflowHandle {
    return this.#flows.replaceActions(flow, actions);
  }

  removeFlow(flow: MegaflowHandle, whenGone?: (traffic: Readonly<FlowTraffic>) => void): void {
    this.#flows.remove(flow, whenGone);
  }

  flowStatistics(flow: MegaflowHandle): MegaflowStatistics {
    return this.#flows.statistics(flow);
  }

  flowTraffic(address: number): Readonly<FlowTraffic> {
    return this.#flows.traffic(address);
  }

  /** What the flows take: records in use, and bytes of the arena given out. */
  usage(): { flows: number; masks: number; programs: number; arenaBytes: number; upcallsLost: number } {
    return { ...this.#flows.sizes, arenaBytes: this.#arena.allocatedBytes, upcallsLost: this.#upcalls.lost };
  }

  execute(request: ExecuteRequest): void {
    this.#execution.send(request);
  }

  onUpcalls(handler: (upcalls: Iterable<Upcall>) => void): void {
    this.#onUpcalls = handler;
  }

  /** Hands upcalls that wait in the ring to the handler, not too many at once; false when there was nothing, or nobody to hand it to. */
  deliverUpcalls(): boolean {
    if (this.#onUpcalls === undefined || this.#upcalls.isEmpty) return false;
    this.#onUpcalls(this.#upcalls.read(UPCALLS_AT_ONCE));
    return true;
  }

  /** The upcalls in the ring, each a view that is valid until the next is asked for. */
  protected readUpcalls(): Iterable<Upcall> {
    return this.#upcalls.read(Number.POSITIVE_INFINITY);
  }

  /** Frees what finished commands have made free; every change of flows does so too. */
  protected settle(): void {
    this.#flows.settle();
  }

  async barrier(): Promise<void> {
    await this.commands.done(this.commands.last);
    this.settle();
  }

  allocateBucketCounters(): number {
    const address = this.#arena.allocate(BUCKET_COUNTERS_SIZE);
    for (let at = 0; at < BUCKET_COUNTERS_SIZE; at += 8) this.#view.setBigUint64(address + at, 0n, true);
    return address;
  }

  freeBucketCounters(address: number): void {
    this.#arena.free(address, BUCKET_COUNTERS_SIZE);
  }

  bucketCounters(address: number): { packets: bigint; bytes: bigint; connections: bigint } {
    return {
      packets: this.#view.getBigUint64(address + BUCKET_PACKETS, true),
      bytes: this.#view.getBigUint64(address + BUCKET_BYTES, true),
      connections: this.#view.getBigUint64(address + BUCKET_CONNECTIONS, true),
    };
  }

  setMeter(index: number, meter: MeterSpec): void {
    this.#meters.set(index, meter);
  }

  deleteMeter(index: number): void {
    this.#meters.delete(index);
  }

  meterStatistics(index: number): MeterStatistics {
    return this.#meters.statistics(index);
  }

  /** The Geneve options that have a place in the key: the TLV map. Packets parsed from now on use it. */
  setGeneveOptions(options: readonly GeneveOption[]): void {
    writeGeneveOptions(this.#view, options);
    this.geneveOptions = options;
  }

  /** Empties the exact-match cache: a benchmark of the megaflow tables wants that. */
  clearCache(): void {
    this.commands.send(COMMAND_CACHE_CLEAR, COMMAND_ARGS, () => {});
  }

  counters(): Counters {
    return readCounters(this.#view);
  }
}
