/** Runs of bits of a field, as actions name them. */
import type { Field, Subfield } from "../../slowpath/flow/field.ts";
import { OpenFlowError } from "../wire/errors.ts";

/** The bits of those that the flow has. @throws OpenFlowError when the field has no such bits, or the flow none of them. */
export function subfield(field: Field, start: number, bits: number): Subfield {
  if (bits === 0 || start + bits > field.namedBits || start >= field.bits) {
    throw new OpenFlowError("OFPBAC_BAD_SET_LEN", `${field.name} has no ${bits} bits from ${start} on`);
  }
  return { field, start, bits: Math.min(bits, field.bits - start) };
}

/** The width on the wire: a field that the flow has no room for is whole again. */
export function namedBits({ field, start, bits }: Subfield): number {
  return start === 0 && bits === field.bits ? field.namedBits : bits;
}

/** @throws OpenFlowError when actions may not write the field. */
export function writable(part: Subfield): Subfield {
  if (!part.field.writable) throw new OpenFlowError("OFPBAC_BAD_SET_ARGUMENT", `${part.field.name} is read-only`);
  return part;
}

/** Offset and width in one word: (offset << 6) | (bits - 1). */
export function packBits(part: Subfield): number {
  return (part.start << 6) | (namedBits(part) - 1);
}

export function unpackBits(field: Field, packed: number): Subfield {
  return subfield(field, packed >> 6, (packed & 0x3f) + 1);
}
