/** Addresses that the routing stages leave in registers, as handlers read them. */
import { type Address, type Family, makeAddress } from "../network/ip.ts";
import type { PipelineFields } from "./packet-action.ts";

const IN_PORT = 14;
const OUT_PORT = 15;

const wide = (registers: readonly number[], first: number): bigint =>
  [0, 1, 2, 3].reduce((value, i) => (value << 32n) | BigInt(registers[first + i] >>> 0), 0n);

export const inPortKey = ({ registers }: PipelineFields): number => registers[IN_PORT];
export const outPortKey = ({ registers }: PipelineFields): number => registers[OUT_PORT];

/** Next hop: reg0, or reg0…reg3. */
export function nextHop({ registers }: PipelineFields, family: Family): Address {
  return makeAddress(family, family === 4 ? BigInt(registers[0] >>> 0) : wide(registers, 0));
}

/** Our own address towards it: reg1, or reg4…reg7. */
export function ownAddress({ registers }: PipelineFields, family: Family): Address {
  return makeAddress(family, family === 4 ? BigInt(registers[1] >>> 0) : wide(registers, 4));
}

/** For packets that leave the pipeline they are in: scratch registers say nothing there, and differ from packet to packet. */
export function withoutScratch(fields: PipelineFields): PipelineFields {
  return { ...fields, registers: fields.registers.map((value, register) => (register < 10 ? 0 : value)) };
}
