/**
 * Action programs in the arena, each once: thousands of megaflows share a few hundred programs.
 *
 * Cost: an encoding into a buffer that is reused, a hash and a comparison of its bytes; nothing is allocated for a known program.
 */
import type { Arena } from "./arena.ts";
import type { DatapathAction } from "./datapath-action.ts";
import { sharedProgram } from "./program.ts";

/** u32 length, then the program (FLOW_PROGRAM). */
const LENGTH_BYTES = 4;

export interface Program {
  readonly address: number;
  readonly bytes: number;
  /** As they were first given: all megaflows with this program share the list. */
  readonly actions: readonly DatapathAction[];
  readonly hash: number;
  /** Another one with the same hash. */
  next: Program | undefined;
  users: number;
}

export class ProgramTable {
  readonly #view: DataView;
  readonly #memory: Uint8Array;
  readonly #arena: Arena;
  readonly #byHash = new Map<number, Program>();
  readonly #byAddress = new Map<number, Program>();

  constructor(memory: WebAssembly.Memory, arena: Arena) {
    this.#view = new DataView(memory.buffer);
    this.#memory = new Uint8Array(memory.buffer);
    this.#arena = arena;
  }

  get size(): number {
    return this.#byAddress.size;
  }

  at(address: number): Program {
    return this.#byAddress.get(address)!;
  }

  /** The program of these actions, with one user more. The list must not change any more. */
  acquire(actions: readonly DatapathAction[]): Program {
    const { buffer, length } = sharedProgram(actions);
    const hash = hashOf(buffer, length);
    let program = this.#byHash.get(hash);
    while (program !== undefined && !this.#holds(program, buffer, length)) program = program.next;
    program ??= this.#add(actions, hash, buffer, length);
    program.users++;
    return program;
  }

  /** One user less. The worker must not be able to see the program any more. */
  release(program: Program): void {
    if (--program.users > 0) return;
    this.#byAddress.delete(program.address);
    this.#unchain(program);
    this.#arena.free(program.address, program.bytes);
  }

  #add(actions: readonly DatapathAction[], hash: number, buffer: Uint8Array, length: number): Program {
    const bytes = LENGTH_BYTES + length;
    const address = this.#arena.allocate(bytes);
    this.#view.setUint32(address, length, true);
    this.#memory.set(buffer.subarray(0, length), address + LENGTH_BYTES);
    const program: Program = { address, bytes, actions, hash, next: this.#byHash.get(hash), users: 0 };
    this.#byHash.set(hash, program);
    this.#byAddress.set(address, program);
    return program;
  }

  #holds({ address, bytes }: Program, buffer: Uint8Array, length: number): boolean {
    if (bytes !== LENGTH_BYTES + length) return false;
    const memory = this.#memory;
    for (let i = 0; i < length; i++) if (memory[address + LENGTH_BYTES + i] !== buffer[i]) return false;
    return true;
  }

  #unchain(program: Program): void {
    let before = this.#byHash.get(program.hash)!;
    if (before !== program) {
      while (before.next !== program) before = before.next!;
      before.next = program.next;
    } else if (program.next === undefined) {
      this.#byHash.delete(program.hash);
    } else {
      this.#byHash.set(program.hash, program.next);
    }
  }
}

/** 30 bits, which the engine keeps unboxed as a map's key. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], 0x0100_0193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}
