/**
 * One OpenFlow connection, whoever began it.
 *
 * What: version negotiation, requests one after the other, replies and asynchronous messages out, "are you there" every now and then.
 * Invariants: requests are handled in the order in which they came, each to its end before the next one. A message that cannot be read
 *   is answered with an error; a stream that cannot be cut into messages, a peer that does not speak our versions and one that is
 *   silent for too long are disconnected, with a line in the log. Nothing that a peer sends throws into the owner.
 * Cost: a peer that does not read gets no further than OUTPUT_LIMIT: its requests wait, asynchronous messages to it are dropped. One that
 *   sends faster than it is served waits behind INPUT_LIMIT. Whoever keeps us busy yields to the others every SLICE milliseconds.
 */
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SwitchLog } from "../../slowpath/switch.ts";
import type { Handler } from "../handlers/handler.ts";
import type { AsyncMasks } from "../messages/async-config.ts";
import type { Envelope } from "../messages/definition.ts";
import { MAX_MESSAGE_BYTES } from "../messages/frame.ts";
import { type Message, messages } from "../messages/list.ts";
import type { PacketInFormat } from "../messages/nicira-settings.ts";
import type { Role } from "../messages/role.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import { versions as allVersions, isVersion, OF10, type Version, versionName } from "../wire/version.ts";
import { defaultMasks } from "./async-masks.ts";
import type { BridgeAgent } from "./bridge-agent.ts";
import type { Bundle } from "./bundle.ts";
import { MessageSplitter } from "./message-splitter.ts";
import { negotiate } from "./negotiation.ts";

export interface SessionOptions {
  readonly agent: BridgeAgent;
  readonly stream: Duplex;
  /** For the log: "br-int<->unix#3". */
  readonly name: string;
  /** Service connections (ovs-ofctl, ovn-controller) get asynchronous messages only when they ask for them. */
  readonly kind: "service" | "controller";
  readonly log: SwitchLog;
  readonly handlers: Readonly<Record<string, Handler | undefined>>;
  readonly versions?: readonly Version[];
  /** Milliseconds of silence after which the peer is asked whether it is there; 0: never. */
  readonly probeInterval?: number;
  readonly onReady?: () => void;
  readonly onClose?: (reason: string) => void;
}

/** Bytes that wait to be handled, and to be sent. */
const INPUT_LIMIT = 1 << 20;
const OUTPUT_LIMIT = 1 << 22;
/** Asynchronous messages are dropped sooner, so that replies find room. */
const ASYNC_LIMIT = 1 << 19;
/** Milliseconds of work after which others get their turn. */
const SLICE = 10;
export const DEFAULT_PROBE_INTERVAL = 60_000;
/** Bytes of a packet-in that OpenFlow 1.0 controllers get unless they say otherwise. */
export const DEFAULT_MISS_SEND_LENGTH = 128;
const ERROR_HEADER_BYTES = 20;
/** At most so many log lines about a peer's mistakes in a second. */
const COMPLAINTS = 5;

export class Session {
  readonly agent: BridgeAgent;
  readonly name: string;
  readonly kind: "service" | "controller";
  role: Role = "equal";
  controllerId = 0;
  missSendLength: number;
  packetInFormat: PacketInFormat = "standard";
  /** OpenFlow 1.0: flow mods have a table in their command. */
  tableInCommand = false;
  /** OpenFlow 1.0: rules are told of with Nicira's matches. */
  usesNxm = false;
  readonly bundles = new Map<number, Bundle>();
  /** Gets a copy of every message either way. */
  readonly snoopers = new Set<Session>();
  /** Messages of asynchronous kinds that were dropped because the peer does not read. */
  dropped = 0;
  readonly #stream: Duplex;
  readonly #log: SwitchLog;
  readonly #handlers: SessionOptions["handlers"];
  readonly #versions: readonly Version[];
  readonly #options: SessionOptions;
  readonly #splitter = new MessageSplitter();
  readonly #waiting: Uint8Array[] = [];
  readonly #probe: NodeJS.Timeout | undefined;
  #masks: AsyncMasks | undefined;
  #waitingBytes = 0;
  #busy = false;
  #version: Version | undefined;
  #closed = false;
  #probed = false;
  #xid = 0;
  #complaints = 0;
  #complaintsSince = 0;

  constructor(options: SessionOptions) {
    const { agent, stream, name, kind, log, handlers, versions = allVersions } = options;
    this.agent = agent;
    this.name = name;
    this.kind = kind;
    this.missSendLength = kind === "controller" ? DEFAULT_MISS_SEND_LENGTH : 0;
    this.#stream = stream;
    this.#log = log;
    this.#handlers = handlers;
    this.#versions = versions;
    this.#options = options;
    stream.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    stream.on("error", (error) => this.close(error.message));
    stream.on("close", () => this.close("connection closed by peer"));
    const interval = options.probeInterval ?? DEFAULT_PROBE_INTERVAL;
    if (interval > 0) this.#probe = setInterval(() => this.#checkLife(), interval).unref();
    this.#sendHello();
  }

  /** Of asynchronous messages. */
  get masks(): AsyncMasks {
    return this.#masks ?? defaultMasks(this.#version ?? OF10);
  }

  set masks(masks: AsyncMasks) {
    this.#masks = masks;
  }

  /** undefined: not negotiated yet. */
  get version(): Version | undefined {
    return this.#version;
  }

  get isOpen(): boolean {
    return !this.#closed && this.#version !== undefined;
  }

  /** A reply to a request, with its transaction id. Lists go out in as many messages as they take. */
  reply({ version, xid }: Envelope, message: Message): void {
    for (const bytes of messages.write({ version, xid, message }, this.agent.wireOptions)) this.sendBytes(bytes);
  }

  /** A message of the switch's own accord. A peer that does not read misses some. */
  sendAsync(message: Message, xid = 0): boolean {
    const version = this.#version;
    if (version === undefined || this.#closed || !messages.has(version, message.type)) return false;
    if (this.#stream.writableLength > ASYNC_LIMIT) {
      this.dropped++;
      return false;
    }
    for (const bytes of messages.write({ version, xid, message }, this.agent.wireOptions)) this.sendBytes(bytes);
    return true;
  }

  /** `offending`: the message that was wrong; as much of it as fits goes back. */
  sendError(code: ErrorCode, offending: Uint8Array, xid: number): void {
    // A message of another version is refused in its own words.
    const version = isVersion(offending[0]) ? offending[0] : (this.#version ?? OF10);
    const data = offending.subarray(0, MAX_MESSAGE_BYTES - ERROR_HEADER_BYTES);
    for (const bytes of messages.write({ version, xid, message: { type: "error", code, data } })) this.sendBytes(bytes);
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#stream.write(bytes);
    for (const snooper of this.snoopers) snooper.sendCopy(bytes);
  }

  /** Of a message of another connection. */
  sendCopy(bytes: Uint8Array): void {
    if (this.#closed || this.#stream.writableLength > ASYNC_LIMIT) return;
    this.#stream.write(bytes);
  }

  /** `lastWords`: what was written is still sent. */
  close(reason: string, lastWords = false): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#probe);
    if (lastWords) this.#stream.end(() => this.#stream.destroy());
    else this.#stream.destroy();
    this.#waiting.length = 0;
    this.agent.sessionClosed(this);
    this.#options.onClose?.(reason);
  }

  // ---------------------------------------------------------------------------------------------------------- receiving

  #receive(chunk: Uint8Array): void {
    this.#probed = false;
    try {
      for (const bytes of this.#splitter.push(chunk)) {
        this.#waiting.push(bytes);
        this.#waitingBytes += bytes.length;
      }
    } catch (error) {
      this.#complain({ err: error }, "sent what is no OpenFlow");
      this.close((error as Error).message);
      return;
    }
    if (this.#waitingBytes > INPUT_LIMIT) this.#stream.pause();
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    let since = performance.now();
    while (this.#waiting.length > 0 && !this.#closed) {
      const bytes = this.#waiting.shift()!;
      this.#waitingBytes -= bytes.length;
      await this.#handle(bytes);
      await this.#whenReadable();
      if (performance.now() - since < SLICE) continue;
      await nextTurn();
      since = performance.now();
    }
    this.#busy = false;
    if (!this.#closed) this.#stream.resume();
  }

  /** Waits until the peer has read most of what it was sent. */
  async #whenReadable(): Promise<void> {
    if (this.#closed || this.#stream.writableLength < OUTPUT_LIMIT) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("drain", resolve);
      this.#stream.once("close", resolve);
    });
  }

  async #handle(bytes: Uint8Array): Promise<void> {
    if (this.#version === undefined) {
      this.#handshake(bytes);
      return;
    }
    for (const snooper of this.snoopers) snooper.sendCopy(bytes);
    const xid = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
    try {
      if (bytes[0] !== this.#version) {
        throw new OpenFlowError(
          "OFPBRC_BAD_VERSION",
          `version ${bytes[0]} in a session of ${versionName(this.#version)}`,
        );
      }
      const envelope = messages.read(bytes, { ...this.agent.wireOptions, tableInCommand: this.tableInCommand });
      const { message } = envelope;
      const handler = this.#handlers[message.type];
      if (!handler) throw new OpenFlowError("OFPBRC_BAD_TYPE", `${message.type} makes no sense to a switch`);
      await handler({ session: this, agent: this.agent, envelope, message, bytes });
    } catch (error) {
      if (!(error instanceof OpenFlowError)) {
        this.#log.error({ err: error, session: this.name }, "a message could not be handled");
        this.sendError("OFPBRC_EPERM", bytes, xid);
        return;
      }
      this.#complain({ code: error.code, why: error.message }, "sent a message that was refused");
      this.sendError(error.code, bytes, xid);
    }
  }

  // ------------------------------------------------------------------------------------------------------- conversation

  #sendHello(): void {
    const version = this.#versions.at(-1)!;
    const contiguous = this.#versions.length === version;
    const message: Message = { type: "hello", ...(!contiguous && { versions: this.#versions }) };
    for (const bytes of messages.write({ version, xid: ++this.#xid, message })) this.sendBytes(bytes);
  }

  #handshake(bytes: Uint8Array): void {
    const agreed = negotiate(bytes, this.#versions);
    if (typeof agreed === "string") {
      this.#complain({ why: agreed }, "and we have no version in common");
      const version = isVersion(bytes[0]) ? bytes[0] : OF10;
      const text = Buffer.from(`${agreed}\0`);
      const error: Message = { type: "error", code: "OFPHFC_INCOMPATIBLE", data: text };
      const xid = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
      for (const part of messages.write({ version, xid, message: error })) this.sendBytes(part);
      this.close(agreed, true);
      return;
    }
    this.#version = agreed;
    this.agent.sessionReady(this);
    this.#options.onReady?.();
  }

  /** Nothing was heard since last time: asks, and gives up if that was asked already. */
  #checkLife(): void {
    if (this.#probed) {
      this.#log.error({ session: this.name }, "no response to inactivity probe, disconnecting");
      this.close("no response to inactivity probe");
      return;
    }
    this.#probed = true;
    const version = this.#version;
    if (version === undefined) return;
    const message: Message = { type: "echo_request", data: new Uint8Array() };
    for (const bytes of messages.write({ version, xid: 0, message })) this.sendBytes(bytes);
  }

  /** One line for each of a peer's mistakes, but not without end. */
  #complain(fields: object, what: string): void {
    const now = performance.now();
    if (now - this.#complaintsSince > 1000) {
      this.#complaintsSince = now;
      this.#complaints = 0;
    }
    if (++this.#complaints <= COMPLAINTS) this.#log.warn({ ...fields, session: this.name }, `OpenFlow peer ${what}`);
  }
}
