/** A match as a version of OpenFlow has it: 40 bytes in 1.0, 88 in 1.1, a list of fields from 1.2 on. */
import type { Match } from "../../slowpath/tables/rule.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF11, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { readMatch10, writeMatch10 } from "./match10.ts";
import { MATCH11_BYTES, readMatch11, writeMatch11 } from "./match11.ts";
import { type MatchOptions, readOxmMatch, writeOxmMatch } from "./oxm-match.ts";

const STANDARD = 0;
const OXM = 1;
const HEADER = 4;

/** @throws OpenFlowError */
export function readMatch(reader: Reader, context: WireContext, options: MatchOptions = {}): Match {
  if (context.version === OF10) return readMatch10(reader);
  if (reader.remaining < HEADER) throw new OpenFlowError("OFPBMC_BAD_LEN", "no match");
  const type = reader.u16();
  const length = reader.u16();
  if (type === STANDARD) {
    if (length !== MATCH11_BYTES || reader.remaining < MATCH11_BYTES - HEADER) {
      throw new OpenFlowError("OFPBMC_BAD_LEN", `a match of ${length} bytes`);
    }
    return readMatch11(reader);
  }
  if (type !== OXM) {
    throw new OpenFlowError("OFPBMC_BAD_TYPE", `matches of type ${type} are not supported`);
  }
  const padded = Math.ceil(length / 8) * 8 - HEADER;
  if (length < HEADER || padded > reader.remaining) {
    throw new OpenFlowError("OFPBMC_BAD_LEN", `a match of ${length} bytes`);
  }
  const body = reader.part(padded).part(length - HEADER, "OFPBMC_BAD_LEN");
  return readOxmMatch(body, context, options).match;
}

export function writeMatch(writer: Writer, match: Match, version: Version): void {
  if (version === OF10) {
    writeMatch10(writer, match);
  } else if (version === OF11) {
    writeMatch11(writer, match);
  } else {
    writeMatchList(writer, match, version);
  }
}

/** As a list of fields whatever the version: 1.1's own match cannot say everything. */
export function writeMatchList(writer: Writer, match: Match, version: Version): void {
  const from = writer.length;
  writer.u16(OXM);
  writer.u16(0);
  writeOxmMatch(writer, match, version);
  writer.patchU16(from + 2, writer.length - from);
  writer.pad(from);
}
