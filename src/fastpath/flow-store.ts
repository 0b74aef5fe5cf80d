/**
 * Megaflows as the main thread holds them: allocates and fills records, sends them to the worker, frees them after it.
 *
 * What: all that is known of a flow is in its record; JavaScript keeps nothing for each of them. A handle is the record's address,
 *   and the number it had when it was filled, so that one that is kept for too long is noticed.
 * Invariants: what a command takes away from the worker is reused only when the command is done (`settle`), because the
 *   worker may look at it until then. A record's bytes are written while its state is FREE.
 * Cost: ~1 µs to put a flow; 128 bytes of arena for a mask of up to four blocks.
 */
import { COMMAND_FLOW_INSERT, COMMAND_FLOW_PROGRAM, COMMAND_FLOW_REMOVE } from "../../assembly/layout/command.ts";
import {
  FLOW_BYTES,
  FLOW_GENERATION,
  FLOW_HEADER_SIZE,
  FLOW_ID,
  FLOW_KEY,
  FLOW_MASK,
  FLOW_OFFLOADS,
  FLOW_PACKETS,
  FLOW_PROGRAM,
  FLOW_PROGRAM_SENT,
  FLOW_STATE,
  FLOW_STATE_FREE,
  FLOW_TCP_FLAGS,
  FLOW_USED,
} from "../../assembly/layout/megaflow.ts";
import type { Arena } from "./arena.ts";
import type { CommandRing } from "./command-ring.ts";
import { DatapathFullError, type FlowTraffic, type MegaflowHandle, type MegaflowStatistics } from "./datapath.ts";
import type { DatapathAction } from "./datapath-action.ts";
import { type Mask, MaskTable } from "./masks.ts";
import { type Program, ProgramTable } from "./programs.ts";
import { WordView } from "./word-view.ts";

/** More than the slow path's flow limit by far; the worker's hash tables have room for all of them in one mask. */
export const MAX_FLOWS = 524_288;
/** FLOW_ID of a record that is no flow's. */
const NO_FLOW = 0;
const WORDS_OF_BLOCK = 4;

export class FlowStore {
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #arena: Arena;
  readonly #commands: CommandRing;
  readonly #masks: MaskTable;
  readonly #programs: ProgramTable;
  /** What to do once a command is done, in the order of the commands. */
  readonly #pending: { readonly sequence: number; readonly settle: () => void }[] = [];
  #settled = 0;
  #count = 0;
  #lastId = NO_FLOW;
  readonly #traffic: FlowTraffic = { packets: 0, bytes: 0, used: 0, tcpFlags: 0 };
  readonly #keyWords = new WordView();

  constructor(memory: WebAssembly.Memory, arena: Arena, commands: CommandRing) {
    this.#view = new DataView(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#arena = arena;
    this.#commands = commands;
    this.#masks = new MaskTable(memory);
    this.#programs = new ProgramTable(memory, arena);
  }

  /** Flows, masks and programs in use, for `dpctl/show` and tests. */
  get sizes(): { flows: number; masks: number; programs: number } {
    return { flows: this.#count, masks: this.#masks.size, programs: this.#programs.size };
  }

  put(key: Uint8Array, maskBytes: Uint8Array, actions: readonly DatapathAction[]): MegaflowHandle {
    this.settle();
    if (this.#count >= MAX_FLOWS) throw new DatapathFullError(`all ${MAX_FLOWS} megaflows are in use`);
    const mask = this.#masks.acquire(maskBytes);
    let program: Program | undefined;
    try {
      program = this.#programs.acquire(actions);
      const address = this.#arena.allocateFlow(sizeOf(mask));
      this.#lastId = (this.#lastId + 1) >>> 0 || 1;
      this.#fill(address, mask, program, key);
      this.#send(COMMAND_FLOW_INSERT, address);
      this.#count++;
      return { id: this.#lastId, address, actions: program.actions };
    } catch (error) {
      if (program) this.#programs.release(program);
      this.#masks.release(mask);
      throw error;
    }
  }

  /** @returns the new handle, or the one given when its program is that of these actions already */
  replaceActions(flow: MegaflowHandle, actions: readonly DatapathAction[]): MegaflowHandle {
    const { id, address } = this.#installed(flow);
    this.settle();
    const before = this.#programOf(flow);
    const program = this.#programs.acquire(actions);
    if (program === before) {
      this.#programs.release(before);
      return flow;
    }
    this.#words[(address >> 2) + PROGRAM_SENT] = program.address;
    const sequence = this.#send(COMMAND_FLOW_PROGRAM, address, program.address);
    this.#later(sequence, () => this.#programs.release(before));
    return { id, address, actions: program.actions };
  }

  /** `whenGone` gets what the flow has carried in all: the worker, and the kernel, count until it has taken the flow out. */
  remove(flow: MegaflowHandle, whenGone?: (traffic: Readonly<FlowTraffic>) => void): void {
    const { address } = this.#installed(flow);
    const mask = this.#masks.at(this.#words[(address >> 2) + MASK]);
    const program = this.#programOf(flow);
    this.#words[(address >> 2) + ID] = NO_FLOW;
    this.#count--;
    this.#later(this.#send(COMMAND_FLOW_REMOVE, address), () => {
      whenGone?.(this.traffic(address));
      this.#programs.release(program);
      this.#masks.release(mask);
      this.#arena.freeFlow(address, sizeOf(mask));
    });
    this.settle();
  }

  statistics({ address }: MegaflowHandle): MegaflowStatistics {
    return {
      packets: this.#view.getBigUint64(address + FLOW_PACKETS, true),
      bytes: this.#view.getBigUint64(address + FLOW_BYTES, true),
      used: Number(this.#view.getBigUint64(address + FLOW_USED, true)),
      tcpFlags: this.#view.getUint16(address + FLOW_TCP_FLAGS),
      offloads: this.#view.getUint32(address + FLOW_OFFLOADS, true),
    };
  }

  /** The same as numbers, for those who look at all flows; the object is valid until the next call. */
  traffic(address: number): FlowTraffic {
    const traffic = this.#traffic;
    const record = address >> 2;
    traffic.packets = this.#number(record + PACKETS);
    traffic.bytes = this.#number(record + BYTES);
    traffic.used = this.#number(record + USED);
    traffic.tcpFlags = this.#view.getUint16(address + FLOW_TCP_FLAGS);
    return traffic;
  }

  /** Frees what finished commands have made free. */
  settle(): void {
    const pending = this.#pending;
    while (this.#settled < pending.length && this.#commands.isDone(pending[this.#settled].sequence)) {
      pending[this.#settled++].settle();
    }
    if (this.#settled < 1024 && this.#settled < pending.length) return;
    pending.splice(0, this.#settled);
    this.#settled = 0;
  }

  #later(sequence: number, settle: () => void): void {
    this.#pending.push({ sequence, settle });
  }

  #fill(address: number, mask: Mask, program: Program, key: Uint8Array): void {
    const words = this.#words;
    const record = address >> 2;
    words[record + STATE] = FLOW_STATE_FREE;
    words[record + GENERATION]++;
    words[record + MASK] = mask.address;
    words[record + PROGRAM] = program.address;
    words[record + PROGRAM_SENT] = program.address;
    words.fill(0, record + PACKETS, record + ID);
    words[record + ID] = this.#lastId;
    const source = this.#keyWords.of(key);
    const { blocks, words: bits } = mask;
    let packed = record + (FLOW_KEY >> 2);
    for (let i = 0; i < blocks.length; i++) {
      const from = blocks[i] * WORDS_OF_BLOCK;
      for (let k = 0; k < WORDS_OF_BLOCK; k++) words[packed++] = source[from + k] & bits[i * WORDS_OF_BLOCK + k];
    }
  }

  #installed(flow: MegaflowHandle): MegaflowHandle {
    if (this.#words[(flow.address >> 2) + ID] !== flow.id) throw new Error(`megaflow ${flow.id} was removed before`);
    return flow;
  }

  #programOf({ address }: MegaflowHandle): Program {
    return this.#programs.at(this.#words[(address >> 2) + PROGRAM_SENT]);
  }

  /** A counter of 64 bits, exact up to 2^53. The worker may carry into the upper half between two looks. */
  #number(word: number): number {
    const words = this.#words;
    for (;;) {
      const high = words[word + 1];
      const low = words[word];
      if (words[word + 1] === high) return high * 2 ** 32 + low;
    }
  }

  #send(type: number, flow: number, program = 0): number {
    return this.#commands.sendWords(type, flow, program);
  }
}

/** Bytes of a record: what the mask looks at, behind the header. */
function sizeOf(mask: Mask): number {
  return FLOW_HEADER_SIZE + mask.blocks.length * 16;
}

/** Places in a record, in 32-bit words. */
const STATE = FLOW_STATE >> 2;
const MASK = FLOW_MASK >> 2;
const PROGRAM = FLOW_PROGRAM >> 2;
const PACKETS = FLOW_PACKETS >> 2;
const BYTES = FLOW_BYTES >> 2;
const USED = FLOW_USED >> 2;
const ID = FLOW_ID >> 2;
const GENERATION = FLOW_GENERATION >> 2;
const PROGRAM_SENT = FLOW_PROGRAM_SENT >> 2;
