/**
 * Properties: the typed parts that messages and actions end with: u16 type, u16 length (header included), padded to 8 bytes.
 * Experimenters' begin with u32 experimenter, u32 type (property type 0xffff).
 */
import { type ErrorCode, OpenFlowError } from "./errors.ts";
import { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const HEADER = 4;
const EXPERIMENTER = 0xffff;

export interface Property {
  readonly type: number;
  /** 0 for the standard's own. */
  readonly experimenter: number;
  /** After the header. */
  readonly body: Reader;
  /** After the header, as it came. */
  readonly bytes: Uint8Array;
}

/** @throws OpenFlowError OFPBPC_BAD_LEN */
export function* readProperties(reader: Reader, unit = 8): Generator<Property> {
  while (!reader.isEmpty) {
    if (reader.remaining < HEADER) throw new OpenFlowError("OFPBPC_BAD_LEN", "a property is cut off");
    const type = reader.u16();
    const length = reader.u16();
    const padded = Math.ceil(length / unit) * unit - HEADER;
    if (length < HEADER || padded > reader.remaining) {
      throw new OpenFlowError("OFPBPC_BAD_LEN", `property ${type} is ${length} bytes long`);
    }
    const bytes = reader.bytes(padded).subarray(0, length - HEADER);
    const body = new Reader(bytes, "OFPBPC_BAD_LEN");
    if (type === EXPERIMENTER) {
      const experimenter = body.u32();
      yield { experimenter, type: body.u32(), body, bytes };
    } else {
      yield { experimenter: 0, type, body, bytes };
    }
  }
}

export function writeProperty(writer: Writer, type: number, body: () => void): void {
  const from = writer.length;
  writer.u16(type);
  writer.u16(0);
  body();
  writer.patchU16(from + 2, writer.length - from);
  writer.pad(from);
}

/** 16-bit values take four bytes: the padding is part of the property. */
export function writeU16Property(writer: Writer, type: number, value: number): void {
  writeProperty(writer, type, () => {
    writer.u16(value);
    writer.zeros(2);
  });
}

export function writeExperimenterProperty(writer: Writer, experimenter: number, type: number, body: () => void): void {
  writeProperty(writer, EXPERIMENTER, () => {
    writer.u32(experimenter);
    writer.u32(type);
    body();
  });
}

/** One that is not in the list of those known. */
export function unknownProperty(property: Property, code: ErrorCode = "OFPBPC_BAD_TYPE"): OpenFlowError {
  if (property.experimenter === 0) return new OpenFlowError(code, `property ${property.type} is unknown`);
  return new OpenFlowError("OFPBPC_BAD_EXPERIMENTER", `experimenter's property ${property.type} is unknown`);
}
