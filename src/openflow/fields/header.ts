/**
 * NXM/OXM headers: u16 class, 7 bits field, 1 bit "has a mask", u8 length of what follows (an experimenter's number included).
 * In actions the header alone names a field; in matches and set_field value and mask follow.
 */
import type { Field } from "../../slowpath/flow/field.ts";
import { field, tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import type { WireContext } from "../wire/context.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { findOxm, OXM_CLASS_EXPERIMENTER, oxmOf } from "./oxm.ts";

const EXPERIMENTER_BYTES = 4;

export interface OxmHeader {
  /** undefined: not in the list. */
  readonly field: Field | undefined;
  readonly hasMask: boolean;
  /** Of value and mask together. */
  readonly payload: number;
  readonly oxmClass: number;
  readonly number: number;
}

/** @throws OpenFlowError */
export function readHeader(reader: Reader, context: WireContext): OxmHeader {
  if (reader.remaining < 4) throw new OpenFlowError("OFPBMC_BAD_LEN", "a field's header is cut off");
  const oxmClass = reader.u16();
  const numberAndMask = reader.u8();
  const length = reader.u8();
  const isExperimenter = oxmClass === OXM_CLASS_EXPERIMENTER;
  if (isExperimenter && (length < EXPERIMENTER_BYTES || reader.remaining < EXPERIMENTER_BYTES)) {
    throw new OpenFlowError("OFPBMC_BAD_LEN", "an experimenter's field has no experimenter");
  }
  const experimenter = isExperimenter ? reader.u32() : 0;
  const number = numberAndMask >> 1;
  const hasMask = (numberAndMask & 1) !== 0;
  const payload = length - (isExperimenter ? EXPERIMENTER_BYTES : 0);
  const oxm = findOxm(oxmClass, number, experimenter);
  const width = hasMask ? payload / 2 : payload;
  // The number of a field with another length is another field: NXM_NX_MPLS_TTL and the cookie have the same number.
  const known = oxm !== undefined && (oxm.bytes === 0 || oxm.bytes === width);
  const found = known ? field(oxm.fieldName) : undefined;
  if (found) checkTunnelOption(found, context);
  return { field: found, hasMask, payload, oxmClass, number };
}

function checkTunnelOption(found: Field, { isTunnelOption }: WireContext): void {
  const index = tunnelMetadataIndex(found);
  if (index < 0 || !isTunnelOption || isTunnelOption(index)) return;
  throw new OpenFlowError("NXFMFC_INVALID_TLV_FIELD", `${found.name} is not in the TLV map`);
}

/** A header that stands for a field, in an action: no mask. */
export function readFieldName(reader: Reader, context: WireContext, unknown: ErrorCode = "OFPBAC_BAD_SET_TYPE"): Field {
  const { field: found, hasMask, oxmClass, number } = readHeader(reader, context);
  if (!found || hasMask) throw new OpenFlowError(unknown, `field ${oxmClass}:${number} is unknown`);
  return found;
}

/** Options of whoever does not know the TLV map are as long as options can be. */
export const UNMAPPED_OPTION_BYTES = 124;

/** Bytes of the field's value on the wire. */
export function wireBytes(target: Field): number {
  return oxmOf(target, "nxm")?.bytes || target.bytes;
}

/** `bytes`: the value's, where it is not what the TLV map says. */
export function writeHeader(
  writer: Writer,
  target: Field,
  form: "nxm" | Version,
  hasMask: boolean,
  bytes = wireBytes(target),
): void {
  const oxm = oxmOf(target, form);
  if (!oxm) throw new RangeError(`${target.name} has no form on the wire`);
  const payload = bytes * (hasMask ? 2 : 1);
  writer.u16(oxm.oxmClass);
  writer.u8((oxm.number << 1) | (hasMask ? 1 : 0));
  writer.u8(oxm.experimenter ? payload + EXPERIMENTER_BYTES : payload);
  if (oxm.experimenter) writer.u32(oxm.experimenter);
}

/** Whether the field's NXM header fits in 32 bits, as older actions need. */
export function hasPlainHeader(target: Field): boolean {
  return oxmOf(target, "nxm")?.experimenter === 0;
}
