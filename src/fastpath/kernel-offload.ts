/**
 * Kernel offload: known flows between existing interfaces are forwarded by the kernel itself, without this process.
 *
 * What: makes the table of slots (an eBPF array that is also a piece of linear memory) and the two programs that use it, and
 *   puts them on ports. Which flows go there is the worker's to say (assembly/offload/).
 * Invariants: a port's filter and forwarder are there before its record has an interface index, which is what makes the worker use
 *   them, and go after the worker has withdrawn its flows. All of it goes when the process ends, however it does.
 * Cost: 8 MiB of memory, and per flow what assembly/offload/README.md says.
 * Not handled: kernels before 6.6 (no tcx links): the constructor says so.
 */
import { randomBytes } from "node:crypto";
import {
  OFFLOAD_FACTOR,
  OFFLOAD_ON,
  OFFLOAD_PATIENCE,
  OFFLOAD_WITHDRAW,
  SLOT_SIZE,
  SLOTS,
} from "../../assembly/layout/offload.ts";
import { OFFLOAD_BASE, OFFLOAD_SLOTS_BASE } from "../../assembly/memory.ts";
import {
  ATTACH_TCX_INGRESS,
  attach,
  createMap,
  MAP_ARRAY,
  MAP_MMAPABLE,
  MAP_PER_CPU_ARRAY,
} from "../kernel/bpf/bpf.ts";
import { DECISION_SIZE, loadOffloadFilter, loadOffloadForwarder } from "../kernel/bpf/offload-programs.ts";
import { mapAnonymous, mapDescriptor } from "../kernel/host-memory.ts";
import { removeSocketFilter, setSocketFilter } from "../kernel/packet-socket.ts";
import { close } from "../kernel/system-calls.ts";

/**
 * Packets of a flow, each way, that the fast path forwards first. A request and its answer are fewer: giving such flows to the kernel
 * costs more than it saves (`npm run bench -- balancer`).
 */
const PATIENCE = 12;
/** Index of the loopback device, in every namespace. */
const LOOPBACK = 1;
const ON = (OFFLOAD_BASE + OFFLOAD_ON) >> 2;
const WITHDRAW = (OFFLOAD_BASE + OFFLOAD_WITHDRAW) >> 2;

export class KernelOffload {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #descriptors: number[] = [];
  readonly #filter: number;
  readonly #forwarder: number;

  /** Makes everything ready. @throws SystemCallError saying what the kernel refused. */
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    try {
      const size = { keySize: 4, valueSize: SLOT_SIZE, entries: SLOTS };
      const slots = this.#keep(createMap({ type: MAP_ARRAY, ...size, flags: MAP_MMAPABLE }));
      const decision = this.#keep(
        createMap({ type: MAP_PER_CPU_ARRAY, keySize: 4, valueSize: DECISION_SIZE, entries: 1 }),
      );
      const factor = randomBytes(8).readBigUInt64LE() | 1n;
      this.#filter = this.#keep(loadOffloadFilter({ slots, decision }, factor));
      this.#forwarder = this.#keep(loadOffloadForwarder({ slots, decision }));
      close(this.#attachForwarder(LOOPBACK)); // whether the kernel can: it passes on what nobody has looked up
      mapDescriptor(memory, OFFLOAD_SLOTS_BASE, SLOTS * SLOT_SIZE, slots);
      new DataView(memory.buffer).setBigUint64(OFFLOAD_BASE + OFFLOAD_FACTOR, factor, true);
      Atomics.store(this.#words, (OFFLOAD_BASE + OFFLOAD_PATIENCE) >> 2, PATIENCE);
      Atomics.store(this.#words, ON, 1);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Known frames that come in at interface `index` are the kernel's, and not for the packet socket that has the others: what keeps it so.
   * @throws SystemCallError
   */
  attach(socket: number, index: number): number {
    setSocketFilter(socket, this.#filter);
    try {
      return this.#attachForwarder(index);
    } catch (error) {
      removeSocketFilter(socket);
      throw error;
    }
  }

  #attachForwarder(index: number): number {
    return attach(
      this.#forwarder,
      index,
      ATTACH_TCX_INGRESS,
      0,
      `the forwarder of offloaded flows on interface ${index}`,
    );
  }

  /** No frame is the kernel's any more there. The worker has withdrawn all flows of the port. */
  static detach(socket: number, forwarder: number): void {
    removeSocketFilter(socket);
    close(forwarder);
  }

  /** A port has changed: no flow is the kernel's any more, from the worker's next loop on, until its next packet. */
  withdraw(): void {
    Atomics.add(this.#words, WITHDRAW, 1);
  }

  /** The worker uses no slot any more. */
  close(): void {
    Atomics.store(this.#words, ON, 0);
    mapAnonymous(this.#memory, OFFLOAD_SLOTS_BASE, SLOTS * SLOT_SIZE);
    for (const descriptor of this.#descriptors.splice(0)) close(descriptor);
  }

  #keep(descriptor: number): number {
    this.#descriptors.push(descriptor);
    return descriptor;
  }
}
