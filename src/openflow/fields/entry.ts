/** A field with its value, and its mask if it has one: what matches and set_field are made of. */
import type { Field } from "../../slowpath/flow/field.ts";
import { fieldMask, sameBytes } from "../../slowpath/flow/flow.ts";
import type { WireContext } from "../wire/context.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type OxmHeader, readHeader, wireBytes, writeHeader } from "./header.ts";
import { maskFromWire, maskToWire, valueFromWire, valueToWire } from "./value.ts";

export interface Entry {
  readonly header: OxmHeader;
  /** As on the wire; `mask` is undefined when there is none. */
  readonly wireValue: Uint8Array;
  readonly wireMask: Uint8Array | undefined;
}

/** @throws OpenFlowError when it is cut off or its value has bits that its mask has not. */
export function readEntry(reader: Reader, context: WireContext): Entry {
  const header = readHeader(reader, context);
  if (header.payload > reader.remaining) {
    throw new OpenFlowError("OFPBMC_BAD_LEN", `a field needs ${header.payload} bytes, ${reader.remaining} are left`);
  }
  if (!header.hasMask) return { header, wireValue: reader.bytes(header.payload), wireMask: undefined };
  const width = header.payload >> 1;
  const wireValue = reader.bytes(width);
  const wireMask = reader.bytes(width);
  reader.skip(header.payload - 2 * width);
  if (wireValue.some((byte, i) => byte & ~wireMask[i])) {
    throw new OpenFlowError("OFPBMC_BAD_WILDCARDS", `a value has bits outside its mask (${nameOf(header)})`);
  }
  return { header, wireValue, wireMask };
}

export function nameOf({ field, oxmClass, number }: OxmHeader): string {
  return field?.name ?? `field ${oxmClass}:${number}`;
}

/** The entry's value and mask as they lie in a flow. */
export function valuesOf(
  entry: Entry,
  target: Field,
  badValue: ErrorCode = "OFPBMC_BAD_VALUE",
  badMask: ErrorCode = "OFPBMC_BAD_MASK",
): { value: Uint8Array; mask: Uint8Array } {
  const { wireValue, wireMask } = entry;
  const value = valueFromWire(target, wireValue, badValue);
  const whole = fieldMask(target);
  if (!wireMask) return { value, mask: whole };
  const mask = maskFromWire(target, wireMask);
  if (!target.maskable && !sameBytes(mask, whole) && mask.some((byte) => byte !== 0)) {
    throw new OpenFlowError(badMask, `${target.name} takes no mask`);
  }
  return { value, mask };
}

/** `keepMask`: a mask of ones is written too. */
export function writeEntry(
  writer: Writer,
  target: Field,
  form: "nxm" | Version,
  value: Uint8Array,
  mask: Uint8Array = fieldMask(target),
  keepMask = false,
): void {
  const width = wireBytes(target);
  const masked = keepMask || !sameBytes(mask, fieldMask(target));
  writeHeader(writer, target, form, masked);
  writer.bytes(valueToWire(target, value, width));
  if (masked) writer.bytes(maskToWire(target, mask, width));
}
