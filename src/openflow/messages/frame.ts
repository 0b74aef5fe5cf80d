/**
 * What: whole messages: the header that all have in common, the headers of multipart messages and extensions, and the list that
 *   says what the rest is.
 *
 *     0 version u8, type u8, length u16 │ 4 xid u32 │
 *     multipart: 8 statistics type u16, flags u16, from 1.1 on pad u32 │ experimenter u32, number u32 (1.0: and pad u32)
 *     extension: 8 experimenter u32, number u32
 *
 * Invariants: any bytes give a message or an OpenFlowError.
 */
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { NICIRA, ONF } from "../wire/experimenters.ts";
import { Reader } from "../wire/reader.ts";
import { isVersion, OF10, type Version } from "../wire/version.ts";
import { Writer } from "../wire/writer.ts";
import type { AnyMessage, Envelope, Kind, MessageCodec, MessageContext, Place } from "./definition.ts";

export const HEADER_BYTES = 8;
export const MAX_MESSAGE_BYTES = 0xffff;

const EXPERIMENTER_TYPE = 4;
const EXPERIMENTER_STATISTICS = 0xffff;
const MORE = 1;

/** Numbers of the two multipart messages. */
function multipartType(version: Version, kind: Exclude<Kind, "message">): number {
  const request = version === OF10 ? 16 : 18;
  return kind === "request" ? request : request + 1;
}

// biome-ignore lint/suspicious/noExplicitAny: each codec takes its own member of the union; `type` pairs them.
type AnyCodec = MessageCodec<any>;

const keyOf = (version: Version, { kind, experimenter, number }: Omit<Place, "versions">): string =>
  `${version}:${kind}:${experimenter}:${number}`;

/** What the connection has agreed on: wire/context.ts. */
export type FrameOptions = Omit<WireContext, "version">;

export class MessageTable<M extends AnyMessage> {
  readonly #byPlace = new Map<string, { codec: AnyCodec; place: Place }>();
  readonly #byType = new Map<string, AnyCodec>();

  constructor(codecs: readonly AnyCodec[]) {
    for (const codec of codecs) {
      this.#byType.set(codec.type, codec);
      for (const place of codec.places) {
        for (const version of place.versions) this.#byPlace.set(keyOf(version, place), { codec, place });
      }
    }
  }

  /**
   * @param bytes one message, as long as its header says
   * @throws OpenFlowError
   */
  read(bytes: Uint8Array, options: FrameOptions = {}): Envelope<M> {
    const reader = new Reader(bytes);
    const version = reader.u8();
    const type = reader.u8();
    const length = reader.u16();
    const xid = reader.u32();
    if (!isVersion(version)) throw new OpenFlowError("OFPBRC_BAD_VERSION", `version ${version}`);
    if (length !== bytes.length) throw new OpenFlowError("OFPBRC_BAD_LEN", `${bytes.length} bytes, not ${length}`);
    const { where, more } = readPlace(reader, version, type);
    const found = this.#byPlace.get(keyOf(version, where));
    if (!found?.codec.read) throw unknownMessage(where);
    const message = found.codec.read(reader, this.#context(version, found.place, options)) as M;
    if (!reader.isEmpty) {
      throw new OpenFlowError("OFPBRC_BAD_LEN", `${reader.remaining} bytes too many in ${found.codec.type}`);
    }
    return { version, xid, message, ...(more && { more }) };
  }

  /** The message, in as many parts as it takes; only lists may take more than one. */
  write({ version, xid, message, more }: Envelope<M>, options: FrameOptions = {}): Uint8Array[] {
    const codec = this.#byType.get(message.type);
    const place = codec?.places.find(({ versions }) => versions.includes(version));
    if (!codec || !place) throw new RangeError(`version ${version} has no ${message.type}`);
    const context = this.#context(version, place, options);
    const start = (): Writer => {
      const writer = new Writer();
      writeHeaders(writer, version, xid, place);
      return writer;
    };
    const { entries } = codec;
    let writer = start();
    if (!entries) {
      codec.write?.(writer, message, context);
      return [finish(writer, more === true, place)];
    }
    const parts: Uint8Array[] = [];
    const empty = writer.length;
    for (const entry of entries.of(message)) {
      const before = writer.length;
      entries.write(writer, entry as never, context);
      if (writer.length <= MAX_MESSAGE_BYTES || before === empty) continue;
      writer.truncate(before);
      parts.push(finish(writer, true, place));
      writer = start();
      entries.write(writer, entry as never, context);
    }
    parts.push(finish(writer, more === true, place));
    return parts;
  }

  /** Whether a version has the message at all. */
  has(version: Version, type: M["type"]): boolean {
    return this.#byType.get(type)?.places.some(({ versions }) => versions.includes(version)) ?? false;
  }

  #context(version: Version, place: Place, options: FrameOptions): MessageContext {
    return {
      ...options,
      version,
      place,
      readMessage: (bytes) => this.read(bytes, options),
      writeMessage: (envelope) => this.write(envelope as Envelope<M>, options)[0],
    };
  }
}

type Where = Omit<Place, "versions">;

function readPlace(reader: Reader, version: Version, type: number): { where: Where; more: boolean } {
  if (type === EXPERIMENTER_TYPE) {
    const experimenter = reader.u32();
    checkExperimenter(experimenter);
    return { where: { kind: "message", experimenter, number: reader.u32() }, more: false };
  }
  const kind = (["request", "reply"] as const).find((side) => multipartType(version, side) === type);
  if (!kind) return { where: { kind: "message", experimenter: 0, number: type }, more: false };
  const number = reader.u16();
  const more = (reader.u16() & MORE) !== 0;
  if (version !== OF10) reader.skip(4);
  if (number !== EXPERIMENTER_STATISTICS) return { where: { kind, experimenter: 0, number }, more };
  const experimenter = reader.u32();
  checkExperimenter(experimenter);
  const own = reader.u32();
  if (version === OF10) reader.skip(4);
  return { where: { kind, experimenter, number: own }, more };
}

function checkExperimenter(experimenter: number): void {
  if (experimenter === NICIRA || experimenter === ONF) return;
  throw new OpenFlowError("OFPBRC_BAD_VENDOR", `experimenter 0x${experimenter.toString(16)} is unknown`);
}

function unknownMessage({ kind, experimenter, number }: Where): OpenFlowError {
  if (experimenter !== 0) return new OpenFlowError("OFPBRC_BAD_SUBTYPE", `extension ${number} is unknown`);
  if (kind === "message") return new OpenFlowError("OFPBRC_BAD_TYPE", `message type ${number} is unknown`);
  return new OpenFlowError("OFPBRC_BAD_STAT", `statistics type ${number} is unknown`);
}

function writeHeaders(writer: Writer, version: Version, xid: number, { kind, experimenter, number }: Place): void {
  writer.u8(version);
  writer.u8(kind === "message" ? (experimenter ? EXPERIMENTER_TYPE : number) : multipartType(version, kind));
  writer.u16(0);
  writer.u32(xid);
  if (kind !== "message") {
    writer.u16(experimenter ? EXPERIMENTER_STATISTICS : number);
    writer.u16(0);
    if (version !== OF10) writer.zeros(4);
  }
  if (experimenter === 0) return;
  writer.u32(experimenter);
  writer.u32(number);
  if (kind !== "message" && version === OF10) writer.zeros(4);
}

const FLAGS_AT = 10;

function finish(writer: Writer, more: boolean, { kind }: Place): Uint8Array {
  if (writer.length > MAX_MESSAGE_BYTES) throw new RangeError(`a message of ${writer.length} bytes`);
  writer.patchU16(2, writer.length);
  if (kind !== "message" && more) writer.patchU16(FLAGS_AT, MORE);
  return writer.finish();
}
