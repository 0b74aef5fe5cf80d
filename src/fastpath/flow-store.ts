/**
 * Megaflows as the main thread holds them: allocates and fills records, sends them to the worker, frees them after it.
 *
 * Invariants: what a command takes away from the worker is reused only when the command is done (`settle`), because the
 *   worker may look at it until then. A record's bytes are written while its state is FREE.
 * Cost: ~2 µs to put a flow; 128 bytes of arena for a mask of up to four blocks, and some 150 bytes of JavaScript heap.
 */
import {
  COMMAND_ARGS,
  COMMAND_FLOW_INSERT,
  COMMAND_FLOW_PROGRAM,
  COMMAND_FLOW_REMOVE,
} from "../../assembly/layout/command.ts";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import {
  FLOW_BYTES,
  FLOW_GENERATION,
  FLOW_HEADER_SIZE,
  FLOW_ID,
  FLOW_KEY,
  FLOW_MASK,
  FLOW_PACKETS,
  FLOW_PROGRAM,
  FLOW_STATE,
  FLOW_STATE_FREE,
  FLOW_TCP_FLAGS,
  FLOW_USED,
} from "../../assembly/layout/megaflow.ts";
import type { Arena } from "./arena.ts";
import type { CommandRing } from "./command-ring.ts";
import { DatapathFullError, type MegaflowHandle, type MegaflowStatistics } from "./datapath.ts";
import type { DatapathAction } from "./datapath-action.ts";
import { type Mask, MaskTable } from "./masks.ts";
import { type Program, ProgramTable } from "./programs.ts";

/** More than the slow path's flow limit by far; the worker's hash tables have room for all of them in one mask. */
export const MAX_FLOWS = 524_288;

interface Flow extends MegaflowHandle {
  readonly bytes: number;
  readonly mask: Mask;
  program: Program;
  installed: boolean;
}

export class FlowStore {
  readonly #view: DataView;
  readonly #arena: Arena;
  readonly #commands: CommandRing;
  readonly #masks: MaskTable;
  readonly #programs: ProgramTable;
  /** What to do once a command is done, in the order of the commands. */
  readonly #pending: { readonly sequence: number; readonly settle: () => void }[] = [];
  #settled = 0;
  #count = 0;
  #nextId = 1;

  constructor(memory: WebAssembly.Memory, arena: Arena, commands: CommandRing) {
    this.#view = new DataView(memory.buffer);
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
      const bytes = FLOW_HEADER_SIZE + mask.blocks.length * 16;
      const address = this.#arena.allocateFlow(bytes);
      const flow: Flow = { id: this.#nextId++, address, bytes, mask, program, installed: true };
      this.#fill(flow, key);
      this.#send(COMMAND_FLOW_INSERT, address);
      this.#count++;
      return flow;
    } catch (error) {
      if (program) this.#programs.release(program);
      this.#masks.release(mask);
      throw error;
    }
  }

  replaceActions(handle: MegaflowHandle, actions: readonly DatapathAction[]): void {
    const flow = installed(handle);
    this.settle();
    const before = flow.program;
    flow.program = this.#programs.acquire(actions);
    if (flow.program === before) {
      this.#programs.release(before);
      return;
    }
    const sequence = this.#send(COMMAND_FLOW_PROGRAM, flow.address, flow.program.address);
    this.#later(sequence, () => this.#programs.release(before));
  }

  remove(handle: MegaflowHandle): void {
    const flow = installed(handle);
    flow.installed = false;
    this.#count--;
    this.#later(this.#send(COMMAND_FLOW_REMOVE, flow.address), () => {
      this.#programs.release(flow.program);
      this.#masks.release(flow.mask);
      this.#arena.freeFlow(flow.address, flow.bytes);
    });
    this.settle();
  }

  statistics({ address }: MegaflowHandle): MegaflowStatistics {
    return {
      packets: this.#view.getBigUint64(address + FLOW_PACKETS, true),
      bytes: this.#view.getBigUint64(address + FLOW_BYTES, true),
      used: Number(this.#view.getBigUint64(address + FLOW_USED, true)),
      tcpFlags: this.#view.getUint16(address + FLOW_TCP_FLAGS),
    };
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

  #fill({ address, id, mask, program }: Flow, key: Uint8Array): void {
    const view = this.#view;
    const source = new DataView(key.buffer, key.byteOffset, KEY_SIZE);
    view.setUint32(address + FLOW_STATE, FLOW_STATE_FREE, true);
    view.setUint32(address + FLOW_GENERATION, view.getUint32(address + FLOW_GENERATION, true) + 1, true);
    view.setUint32(address + FLOW_MASK, mask.address, true);
    view.setUint32(address + FLOW_PROGRAM, program.address, true);
    view.setBigUint64(address + FLOW_PACKETS, 0n, true);
    view.setBigUint64(address + FLOW_BYTES, 0n, true);
    view.setBigUint64(address + FLOW_USED, 0n, true);
    view.setUint32(address + FLOW_TCP_FLAGS, 0, true);
    view.setUint32(address + FLOW_ID, id, true);
    for (let i = 0; i < mask.blocks.length; i++) {
      const block = mask.blocks[i] * 16;
      const packed = address + FLOW_KEY + i * 16;
      view.setBigUint64(packed, source.getBigUint64(block, true) & mask.words[i * 2], true);
      view.setBigUint64(packed + 8, source.getBigUint64(block + 8, true) & mask.words[i * 2 + 1], true);
    }
  }

  #send(type: number, flow: number, program = 0): number {
    return this.#commands.send(type, COMMAND_ARGS + 8, (view, record) => {
      view.setUint32(record + COMMAND_ARGS, flow, true);
      view.setUint32(record + COMMAND_ARGS + 4, program, true);
    });
  }
}

function installed(handle: MegaflowHandle): Flow {
  const flow = handle as Flow;
  if (!flow.installed) throw new Error(`megaflow ${flow.id} was removed before`);
  return flow;
}
