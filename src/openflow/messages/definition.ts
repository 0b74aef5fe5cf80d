/**
 * What a message's file here exports: where it stands in each version of OpenFlow, how it is read and written.
 * One file a message, or a request with its reply; one line in `list.ts`. What is done about a message is in ../handlers/.
 */
import type { WireContext } from "../wire/context.ts";
import { NICIRA, ONF } from "../wire/experimenters.ts";
import type { Reader } from "../wire/reader.ts";
import { type Version, versionsIn } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";

/** How a message is told from others: by its type, or as a statistics (multipart) message of either side; extensions likewise. */
export type Kind = "message" | "request" | "reply";

export interface Place {
  readonly kind: Kind;
  readonly versions: readonly Version[];
  /** 0: the standard's. */
  readonly experimenter: number;
  /** Type of the message or of the statistics; an extension's own number. */
  readonly number: number;
}

export interface MessageContext extends WireContext {
  readonly place: Place;
  /** Whole messages inside others (bundles), handed in to avoid a cycle of imports. */
  readonly readMessage: (bytes: Uint8Array) => Envelope;
  readonly writeMessage: (envelope: Envelope) => Uint8Array;
}

export interface AnyMessage {
  readonly type: string;
}

export interface Envelope<M extends AnyMessage = AnyMessage> {
  readonly version: Version;
  readonly xid: number;
  readonly message: M;
  /** Of multipart messages: others follow. */
  readonly more?: boolean;
}

export interface MessageCodec<T extends AnyMessage> {
  readonly type: T["type"];
  readonly places: readonly Place[];
  /** `body` is what follows the headers; what is left of it is an error. Without this, whoever sends one is wrong. */
  read?(body: Reader, context: MessageContext): T;
  write?(writer: Writer, message: T, context: MessageContext): void;
  /** Of replies that are lists: they are cut between entries when they do not fit in one message. */
  entries?: EntryCodec<T>;
}

export interface EntryCodec<T> {
  of(message: T): readonly unknown[];
  write(writer: Writer, entry: never, context: MessageContext): void;
}

export function message(range: string, number: number): Place {
  return { kind: "message", versions: versionsIn(range), experimenter: 0, number };
}

export function niciraMessage(range: string, number: number): Place {
  return { kind: "message", versions: versionsIn(range), experimenter: NICIRA, number };
}

export function onfMessage(range: string, number: number): Place {
  return { kind: "message", versions: versionsIn(range), experimenter: ONF, number };
}

export function multipart(kind: "request" | "reply", range: string, number: number): Place {
  return { kind, versions: versionsIn(range), experimenter: 0, number };
}

export function niciraMultipart(kind: "request" | "reply", range: string, number: number): Place {
  return { kind, versions: versionsIn(range), experimenter: NICIRA, number };
}

export function onfMultipart(kind: "request" | "reply", range: string, number: number): Place {
  return { kind, versions: versionsIn(range), experimenter: ONF, number };
}

/** A message that says nothing but what it is. */
export function emptyMessage<T extends AnyMessage>(value: T, places: readonly Place[]): MessageCodec<T> {
  return { type: value.type, places, read: () => value, write: () => {} };
}
