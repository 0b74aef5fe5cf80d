/** Values of fields: as wide as the list in oxm.ts says on the wire, as they lie in a flow here. */
import type { Field } from "../../slowpath/flow/field.ts";
import { bytesOfValue, valueOfBytes } from "../../slowpath/flow/flow.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import { portFrom32, portTo32 } from "../wire/ports.ts";

/** The field's bits fill its bytes, so that bytes can be copied. */
function isPlain({ bits, bytes, shift }: Field): boolean {
  return shift === 0 && bits === bytes * 8;
}

/** in_port_oxm and actset_output: 32 bits on the wire, OVS's 16 in a flow. */
function isWidePort({ format, bytes, bits }: Field): boolean {
  return format === "port" && bytes === 4 && bits === 32;
}

export function numberOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

export function bytesOfNumber(value: bigint, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let i = width - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * @param excess what bits that the field does not have are an error of
 * @throws OpenFlowError
 */
export function valueFromWire(target: Field, wire: Uint8Array, excess: ErrorCode): Uint8Array {
  if (isWidePort(target)) return bytesOfValue(target, BigInt(portFrom32(Number(numberOf(wire)))));
  if (isPlain(target) && wire.length === target.bytes) return wire.slice();
  const value = numberOf(wire);
  // Options shorter than their field are allowed, and longer ones whose excess is zero.
  if (value >> BigInt(target.bits)) throw new OpenFlowError(excess, `value 0x${value.toString(16)} of ${target.name}`);
  return bytesOfValue(target, value);
}

/** Mask bits that the field does not have mean nothing. */
export function maskFromWire(target: Field, wire: Uint8Array): Uint8Array {
  if (isPlain(target) && wire.length === target.bytes) return wire.slice();
  return bytesOfValue(target, BigInt.asUintN(target.bits, numberOf(wire)));
}

export function valueToWire(target: Field, value: Uint8Array, width: number): Uint8Array {
  if (isWidePort(target)) return bytesOfNumber(BigInt(portTo32(Number(valueOfBytes(target, value)))), width);
  if (isPlain(target) && width === target.bytes) return value;
  return bytesOfNumber(valueOfBytes(target, value), width);
}

export function maskToWire(target: Field, mask: Uint8Array, width: number): Uint8Array {
  if (isPlain(target) && width === target.bytes) return mask;
  return bytesOfNumber(valueOfBytes(target, mask), width);
}
