/**
 * bpf(2): maps, programs, links, each a descriptor; what closes it, or the end of the process, gives it back.
 *
 * Not handled: BTF, pinning, map iteration.
 */
import { check, SystemCallError } from "../errno.ts";
import { addressOf, argument, bpf } from "../system-calls.ts";

const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_PROG_LOAD = 5;
const BPF_LINK_CREATE = 28;

export const MAP_ARRAY = 2;
export const MAP_PER_CPU_ARRAY = 6;
export const MAP_XSK = 17;
/** Of MAP_ARRAY: its elements can be mapped into memory. */
export const MAP_MMAPABLE = 1 << 10;

export const PROGRAM_SOCKET_FILTER = 1;
export const PROGRAM_SCHED_CLS = 3;
export const PROGRAM_XDP = 6;

export const ATTACH_XDP = 37;
export const ATTACH_TCX_INGRESS = 46;

/** Bytes of union bpf_attr that these commands read. */
const ATTRIBUTES_SIZE = 72;
const INSTRUCTION_SIZE = 8;
const LOG_SIZE = 1 << 20;
const BPF_ANY = 0;

export interface MapSpec {
  /** MAP_*. */
  readonly type: number;
  /** Bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly entries: number;
  readonly flags?: number;
}

/** @throws SystemCallError */
export function createMap({ type, keySize, valueSize, entries, flags = 0 }: MapSpec): number {
  return call(BPF_MAP_CREATE, "BPF_MAP_CREATE", (attributes) => {
    [type, keySize, valueSize, entries, flags].forEach((value, i) => {
      attributes.writeUInt32LE(value, i * 4);
    });
  });
}

/** Sets an element of 32-bit key and value. */
export function setElement(map: number, key: number, value: number): void {
  const [keyWord, valueWord] = [argument(4), argument(4)];
  keyWord.writeUInt32LE(key);
  valueWord.writeInt32LE(value);
  call(BPF_MAP_UPDATE_ELEM, "BPF_MAP_UPDATE_ELEM", (attributes) => {
    attributes.writeUInt32LE(map, 0);
    attributes.writeBigUInt64LE(BigInt(addressOf(keyWord)), 8);
    attributes.writeBigUInt64LE(BigInt(addressOf(valueWord)), 16);
    attributes.writeUInt32LE(BPF_ANY, 24);
  });
}

/** Loads a program (PROGRAM_*, instructions as `Assembler.bytes` gives them). @throws SystemCallError with the verifier's reason. */
export function loadProgram(type: number, instructions: Buffer, name: string): number {
  try {
    return load(type, instructions);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw new SystemCallError(`${name}: ${verifierSays(type, instructions) ?? "BPF_PROG_LOAD"}`, error.errno);
  }
}

function load(type: number, instructions: Buffer, log?: Buffer): number {
  const code = argument(instructions.length);
  instructions.copy(code);
  const license = argument(16);
  license.write("Apache-2.0\0");
  return call(BPF_PROG_LOAD, "BPF_PROG_LOAD", (attributes) => {
    attributes.writeUInt32LE(type, 0);
    attributes.writeUInt32LE(instructions.length / INSTRUCTION_SIZE, 4);
    attributes.writeBigUInt64LE(BigInt(addressOf(code)), 8);
    attributes.writeBigUInt64LE(BigInt(addressOf(license)), 16);
    if (log === undefined) return;
    attributes.writeUInt32LE(1, 24);
    attributes.writeUInt32LE(log.length, 28);
    attributes.writeBigUInt64LE(BigInt(addressOf(log)), 32);
  });
}

/** The last lines of what the verifier has to say of a program that was refused. */
function verifierSays(type: number, instructions: Buffer): string | undefined {
  const log = argument(LOG_SIZE);
  try {
    load(type, instructions, log);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
  }
  const text = log
    .subarray(0, Math.max(log.indexOf(0), 0))
    .toString()
    .trimEnd();
  return text === "" ? undefined : text.split("\n").slice(-4).join("; ");
}

/** Keeps a program on an interface (`attach`: ATTACH_*, `flags` as that kind of link has them). @throws SystemCallError naming `what`. */
export function attach(program: number, index: number, kind: number, flags: number, what: string): number {
  return call(BPF_LINK_CREATE, what, (attributes) => {
    attributes.writeUInt32LE(program, 0);
    attributes.writeUInt32LE(index, 4);
    attributes.writeUInt32LE(kind, 8);
    attributes.writeUInt32LE(flags, 12);
  });
}

function call(command: number, what: string, fill: (attributes: Buffer) => void): number {
  const attributes = argument(ATTRIBUTES_SIZE);
  fill(attributes);
  return check(bpf(command, addressOf(attributes), ATTRIBUTES_SIZE), what);
}
