/**
 * Writes eBPF programs (RFC 9669): one method an instruction, jumps to names.
 *
 * What: `Assembler` collects 8-byte instructions; `bytes()` fills in the jumps. Registers are numbers 0..10: R0 is the result, R1..R5
 *   the arguments of calls and lost by them, R6..R9 are kept, R10 is the frame pointer.
 * Invariants: jumps go forward, so the kernel's verifier sees every program end.
 */

/** Opcode bits of the size of a load or a store. */
const SIZES = { u8: 0x10, u16: 0x08, u32: 0x00, u64: 0x18 } as const;
export type Size = keyof typeof SIZES;

const OPERATIONS = {
  add: 0x00,
  subtract: 0x10,
  multiply: 0x20,
  or: 0x40,
  and: 0x50,
  shiftLeft: 0x60,
  shiftRight: 0x70,
  xor: 0xa0,
  move: 0xb0,
} as const;
export type Operation = keyof typeof OPERATIONS;

/** Unsigned but for `lessSigned`. */
const CONDITIONS = {
  equal: 0x10,
  greater: 0x20,
  greaterOrEqual: 0x30,
  anyOf: 0x40,
  notEqual: 0x50,
  less: 0xa0,
  lessOrEqual: 0xb0,
  lessSigned: 0xc0,
} as const;
export type Condition = keyof typeof CONDITIONS;

/** Instruction classes, with the bits that say "memory", "register" where they always go together. */
const LOAD = 0x61;
const STORE = 0x63;
const STORE_IMMEDIATE = 0x62;
const ATOMIC = 0xc3;
const LOAD_64 = 0x18;
const ALU_32 = 0x04;
const ALU_64 = 0x07;
const JUMP = 0x05;
const BY_REGISTER = 0x08;
const CALL = 0x85;
const EXIT = 0x95;
const SWAP_BYTES = 0xdc;
/** Of LOAD_64: the constant is a map's descriptor. */
const PSEUDO_MAP = 1;
const FETCH = 1;

const INSTRUCTION_SIZE = 8;

export class Assembler {
  readonly #instructions: Buffer[] = [];
  readonly #labels = new Map<string, number>();
  readonly #jumps: { readonly at: number; readonly label: string }[] = [];

  /** `target` = `target` operation `value`, 64 bits; a number is a signed 32-bit constant. */
  alu(operation: Operation, target: number, value: number): this {
    return this.#emit(ALU_64 | OPERATIONS[operation], target, 0, 0, value);
  }

  aluRegister(operation: Operation, target: number, source: number): this {
    return this.#emit(ALU_64 | BY_REGISTER | OPERATIONS[operation], target, source, 0, 0);
  }

  /** As `alu` on the low 32 bits; the high ones become zero. */
  alu32(operation: Operation, target: number, value: number): this {
    return this.#emit(ALU_32 | OPERATIONS[operation], target, 0, 0, value);
  }

  alu32Register(operation: Operation, target: number, source: number): this {
    return this.#emit(ALU_32 | BY_REGISTER | OPERATIONS[operation], target, source, 0, 0);
  }

  /** Any 64-bit constant. */
  constant(target: number, value: bigint): this {
    return this.#wide(target, 0, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** The address of a map. */
  map(target: number, descriptor: number): this {
    return this.#wide(target, PSEUDO_MAP, descriptor, 0);
  }

  load(size: Size, target: number, address: number, offset: number): this {
    return this.#emit(LOAD | SIZES[size], target, address, offset, 0);
  }

  store(size: Size, address: number, offset: number, source: number): this {
    return this.#emit(STORE | SIZES[size], address, source, offset, 0);
  }

  storeConstant(size: Size, address: number, offset: number, value: number): this {
    return this.#emit(STORE_IMMEDIATE | SIZES[size], address, 0, offset, value);
  }

  atomicAdd(size: "u32" | "u64", address: number, offset: number, source: number): this {
    return this.#emit(ATOMIC | SIZES[size], address, source, offset, OPERATIONS.add);
  }

  /** A full barrier: an atomic operation that gives back what was there (Linux memory model); `register` is lost. */
  barrier(address: number, offset: number, register: number): this {
    this.alu("move", register, 0);
    return this.#emit(ATOMIC | SIZES.u64, address, register, offset, OPERATIONS.add | FETCH);
  }

  /** Between network order and this machine's, the low 16 or 32 bits. */
  swapBytes(target: number, bits: 16 | 32): this {
    return this.#emit(SWAP_BYTES, target, 0, 0, bits);
  }

  jump(label: string): this {
    this.#jumps.push({ at: this.#instructions.length, label });
    return this.#emit(JUMP, 0, 0, 0, 0);
  }

  jumpIf(condition: Condition, register: number, value: number, label: string): this {
    this.#jumps.push({ at: this.#instructions.length, label });
    return this.#emit(JUMP | CONDITIONS[condition], register, 0, 0, value);
  }

  jumpIfRegister(condition: Condition, register: number, other: number, label: string): this {
    this.#jumps.push({ at: this.#instructions.length, label });
    return this.#emit(JUMP | BY_REGISTER | CONDITIONS[condition], register, other, 0, 0);
  }

  /** The same of the low 32 bits of both. */
  jumpIfRegister32(condition: Condition, register: number, other: number, label: string): this {
    this.#jumps.push({ at: this.#instructions.length, label });
    return this.#emit((JUMP | BY_REGISTER | CONDITIONS[condition]) ^ 0x03, register, other, 0, 0);
  }

  /** Calls a helper of the kernel by its number (linux/bpf.h). */
  call(helper: number): this {
    return this.#emit(CALL, 0, 0, 0, helper);
  }

  /** Names the place of the next instruction. */
  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  exit(): this {
    return this.#emit(EXIT, 0, 0, 0, 0);
  }

  /** The program. @throws Error for a jump to a name that stands nowhere, or before it. */
  bytes(): Buffer {
    for (const { at, label } of this.#jumps) {
      const target = this.#labels.get(label);
      if (target === undefined || target <= at) throw new Error(`no place "${label}" after instruction ${at}`);
      this.#instructions[at].writeInt16LE(target - at - 1, 2);
    }
    return Buffer.concat(this.#instructions);
  }

  #wide(target: number, kind: number, low: number, high: number): this {
    this.#emit(LOAD_64, target, kind, 0, low);
    return this.#emit(0, 0, 0, 0, high);
  }

  #emit(opcode: number, target: number, source: number, offset: number, constant: number): this {
    const instruction = Buffer.alloc(INSTRUCTION_SIZE);
    instruction.writeUInt8(opcode, 0);
    instruction.writeUInt8((source << 4) | target, 1);
    instruction.writeInt16LE(offset, 2);
    instruction.writeInt32LE(constant, 4);
    this.#instructions.push(instruction);
    return this;
  }
}
