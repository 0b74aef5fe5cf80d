/**
 * Which asynchronous messages a controller wants, as primary (or equal) and as secondary: one bit for each reason.
 *
 *     1.3 and Nicira's first: 3 × { primary u32, secondary u32 }: packet-in, port status, flow removed
 *     1.4+ and Nicira's second: properties, one for each kind and role
 */
import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, writeProperty } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import { OF13, type Version } from "../wire/version.ts";
import { emptyMessage, type MessageCodec, message, niciraMessage } from "./definition.ts";

/** In the order of their properties: secondary first. */
export const asyncKinds = [
  "packetIn",
  "portStatus",
  "flowRemoved",
  "roleStatus",
  "tableStatus",
  "requestForward",
] as const;
export type AsyncKind = (typeof asyncKinds)[number];

export interface AsyncMasks {
  readonly primary: Readonly<Record<AsyncKind, number>>;
  readonly secondary: Readonly<Record<AsyncKind, number>>;
}

/** A kind that a message does not speak of stays as it is. */
export interface AsyncChange {
  readonly primary: Partial<Record<AsyncKind, number>>;
  readonly secondary: Partial<Record<AsyncKind, number>>;
}

export interface GetAsyncRequest {
  readonly type: "get_async_request";
}
export interface GetAsyncReply {
  readonly type: "get_async_reply";
  readonly masks: AsyncMasks;
}
export interface SetAsync {
  readonly type: "set_async";
  readonly change: AsyncChange;
}
export interface NiciraSetAsync {
  readonly type: "nx_set_async";
  readonly change: AsyncChange;
}
export interface NiciraSetAsync2 {
  readonly type: "nx_set_async2";
  readonly change: AsyncChange;
}

/** The three kinds that existed before 1.4. */
const early = asyncKinds.slice(0, 3);

function readFixed(body: Reader): AsyncChange {
  const change: { primary: Partial<Record<AsyncKind, number>>; secondary: Partial<Record<AsyncKind, number>> } = {
    primary: {},
    secondary: {},
  };
  for (const kind of early) {
    change.primary[kind] = body.u32();
    change.secondary[kind] = body.u32();
  }
  return change;
}

function readChange(body: Reader): AsyncChange {
  const change: { primary: Partial<Record<AsyncKind, number>>; secondary: Partial<Record<AsyncKind, number>> } = {
    primary: {},
    secondary: {},
  };
  for (const property of readProperties(body)) {
    const kind = asyncKinds[property.type >> 1];
    if (property.experimenter !== 0 || !kind) {
      throw new OpenFlowError("OFPACFC_UNSUPPORTED", `asynchronous messages of type ${property.type}`);
    }
    change[property.type & 1 ? "primary" : "secondary"][kind] = property.body.u32();
  }
  return change;
}

export const getAsyncRequest = emptyMessage<GetAsyncRequest>({ type: "get_async_request" }, [message("1.3+", 26)]);

export const getAsyncReply: MessageCodec<GetAsyncReply> = {
  type: "get_async_reply",
  places: [message("1.3+", 27)],
  write(writer, { masks }, { version }) {
    if (version === OF13) {
      for (const kind of early) {
        writer.u32(masks.primary[kind]);
        writer.u32(masks.secondary[kind]);
      }
      return;
    }
    asyncKinds.forEach((kind, i) => {
      writeProperty(writer, 2 * i, () => writer.u32(masks.secondary[kind]));
      writeProperty(writer, 2 * i + 1, () => writer.u32(masks.primary[kind]));
    });
  },
};

const read = (body: Reader, version: Version): AsyncChange => (version === OF13 ? readFixed(body) : readChange(body));

export const setAsync: MessageCodec<SetAsync> = {
  type: "set_async",
  places: [message("1.3+", 28)],
  read: (body, { version }) => ({ type: "set_async", change: read(body, version) }),
};

export const niciraSetAsync: MessageCodec<NiciraSetAsync> = {
  type: "nx_set_async",
  places: [niciraMessage("1.0+", 19)],
  read: (body) => ({ type: "nx_set_async", change: readFixed(body) }),
};

export const niciraSetAsync2: MessageCodec<NiciraSetAsync2> = {
  type: "nx_set_async2",
  places: [niciraMessage("1.0-1.3", 27)],
  read: (body) => ({ type: "nx_set_async2", change: readChange(body) }),
};
