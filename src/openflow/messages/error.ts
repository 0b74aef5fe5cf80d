/** ERROR: what was wrong, and the message (its beginning) it was wrong with. */
import { type ErrorCode, type ErrorNumber, errorName, errorNumber } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF11, type Version } from "../wire/version.ts";
import { type MessageCodec, message } from "./definition.ts";

export interface ErrorMessage {
  readonly type: "error";
  /** undefined when it has no name here. */
  readonly code: ErrorCode | undefined;
  readonly data: Uint8Array;
}

/** Nicira's errors in 1.0 and 1.1. */
const VENDOR_TYPE = 0xb0c2;
const EXPERIMENTER_TYPE = 0xffff;

function readNumber(body: Reader, version: Version): ErrorNumber {
  const type = body.u16();
  const code = body.u16();
  if (type === VENDOR_TYPE && version <= OF11) {
    return { experimenter: body.u32(), type: body.u16(), code: body.u16() };
  }
  if (type === EXPERIMENTER_TYPE && version > OF11) return { experimenter: body.u32(), type: code, code: 0 };
  return { experimenter: 0, type, code };
}

export const error: MessageCodec<ErrorMessage> = {
  type: "error",
  places: [message("1.0+", 1)],
  read(body, { version }) {
    const number = readNumber(body, version);
    return { type: "error", code: errorName(version, number), data: body.rest().slice() };
  },
  write(writer, { code, data }, { version }) {
    const number = errorNumber(version, code ?? "NXBRC_UNENCODABLE_ERROR");
    if (number.experimenter === 0) {
      writer.u16(number.type);
      writer.u16(number.code);
    } else if (version <= OF11) {
      writer.u16(VENDOR_TYPE);
      writer.u16(0);
      writer.u32(number.experimenter);
      writer.u16(number.type);
      writer.u16(number.code);
    } else {
      writer.u16(EXPERIMENTER_TYPE);
      writer.u16(number.type);
      writer.u32(number.experimenter);
    }
    writer.bytes(data);
  },
};
