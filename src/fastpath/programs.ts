/** Action programs in the arena, each once: thousands of megaflows share a few hundred programs. */
import type { Arena } from "./arena.ts";
import type { DatapathAction } from "./datapath-action.ts";
import { encodeProgram } from "./program.ts";

/** u32 length, then the program (FLOW_PROGRAM). */
const LENGTH_BYTES = 4;

export interface Program {
  readonly address: number;
  readonly bytes: number;
  readonly identity: string;
  users: number;
}

export class ProgramTable {
  readonly #view: DataView;
  readonly #memory: Uint8Array;
  readonly #arena: Arena;
  readonly #programs = new Map<string, Program>();

  constructor(memory: WebAssembly.Memory, arena: Arena) {
    this.#view = new DataView(memory.buffer);
    this.#memory = new Uint8Array(memory.buffer);
    this.#arena = arena;
  }

  get size(): number {
    return this.#programs.size;
  }

  /** The program of these actions, with one user more. */
  acquire(actions: readonly DatapathAction[]): Program {
    const encoded = encodeProgram(actions);
    const identity = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length).toString("latin1");
    let program = this.#programs.get(identity);
    if (program === undefined) {
      const address = this.#arena.allocate(LENGTH_BYTES + encoded.length);
      this.#view.setUint32(address, encoded.length, true);
      this.#memory.set(encoded, address + LENGTH_BYTES);
      program = { address, bytes: LENGTH_BYTES + encoded.length, identity, users: 0 };
      this.#programs.set(identity, program);
    }
    program.users++;
    return program;
  }

  /** One user less. The worker must not be able to see the program any more. */
  release(program: Program): void {
    if (--program.users > 0) return;
    this.#programs.delete(program.identity);
    this.#arena.free(program.address, program.bytes);
  }
}
