/** HELLO: the highest version, and from 1.3 on which ones below it. */
import type { Reader } from "../wire/reader.ts";
import { isVersion, type Version } from "../wire/version.ts";
import { type MessageCodec, message } from "./definition.ts";

export interface Hello {
  readonly type: "hello";
  /** undefined: every version up to the one in the header. */
  readonly versions?: readonly Version[];
}

const VERSION_BITMAP = 1;

/** Elements that are not understood are passed over: later versions may say anything here. */
function readVersions(body: Reader): Version[] | undefined {
  while (body.remaining >= 4) {
    const type = body.u16();
    const length = body.u16();
    const padded = Math.ceil(length / 8) * 8 - 4;
    if (length < 4 || length - 4 > body.remaining) break;
    const element = body.part(length - 4);
    body.skip(Math.min(padded - (length - 4), body.remaining));
    if (type !== VERSION_BITMAP || element.remaining < 4) continue;
    const bits = element.u32();
    return Array.from({ length: 32 }, (_, i) => i).filter(
      (bit): bit is Version => isVersion(bit) && (bits & (1 << bit)) !== 0,
    );
  }
  return undefined;
}

export const hello: MessageCodec<Hello> = {
  type: "hello",
  places: [message("1.0+", 0)],
  read(body) {
    const versions = readVersions(body);
    body.skip(body.remaining);
    return versions ? { type: "hello", versions } : { type: "hello" };
  },
  write(writer, { versions }) {
    if (!versions) return;
    writer.u16(VERSION_BITMAP);
    writer.u16(8);
    writer.u32(versions.reduce((bits, version) => bits | (1 << version), 0));
  },
};
