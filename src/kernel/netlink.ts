/**
 * Netlink messages (linux/netlink.h): encoding, a request-and-answer socket, a walk over attributes.
 *
 *   message    length(4) type(2) flags(2) sequence(4) port(4), then a family header, then attributes
 *   attribute  length(2) type(2) value, padded to 4
 */
import { check, EAGAIN, EINTR, ENOBUFS, SystemCallError } from "./errno.ts";
import { addressOf, argument, bind, close, errno, poll, recvmsg, send, setsockopt, socket } from "./system-calls.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const ANSWER_TIMEOUT_MS = 2000;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

const HEADER_SIZE = 16;
const RECEIVE_SIZE = 256 << 10;

export interface Message {
  readonly type: number;
  readonly sequence: number;
  /** Family header and attributes. */
  readonly body: Buffer;
  /** Network namespace id of the sender as the socket's namespace knows it; undefined = the socket's own. */
  readonly namespaceId?: number;
}

const align = (length: number): number => (length + 3) & ~3;

/** One attribute; nest by passing attributes' bytes as the value. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(align(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

export function attributeU32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return attribute(type, bytes);
}

export function attributeString(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** Attributes of `bytes` by type, without the nested and byte-order flags; a torn one ends the walk. */
export function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}

export function encodeMessage(type: number, flags: number, sequence: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const message = argument(HEADER_SIZE + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(body, HEADER_SIZE);
  return message;
}

/** The messages in one datagram; the bodies are views of `bytes`. */
export function decodeMessages(bytes: Buffer, namespaceId?: number): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + HEADER_SIZE <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_SIZE || at + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + HEADER_SIZE, at + length),
      namespaceId,
    });
    at += align(length);
  }
  return messages;
}

/** Where recvmsg(2) puts a datagram. */
class Reception {
  readonly buffer = argument(RECEIVE_SIZE);
  readonly header = argument(56); // struct msghdr
  readonly control = argument(64);
  readonly #vector = argument(16);

  constructor() {
    this.#vector.writeBigUInt64LE(BigInt(addressOf(this.buffer)), 0);
    this.#vector.writeBigUInt64LE(BigInt(RECEIVE_SIZE), 8);
    this.header.writeBigUInt64LE(BigInt(addressOf(this.#vector)), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(BigInt(addressOf(this.control)), 32);
  }
}

/**
 * Those of sockets that are closed, for the next ones: most sockets live for one question, and asking for 500 ports in a row would
 * take, zero and throw away 128 MB.
 */
const spare: Reception[] = [];

export class NetlinkSocket {
  readonly descriptor: number;
  readonly #reception: Reception;
  #isOpen = true;
  #sequence = 0;

  /** Opened in the thread's current network namespace, and there it stays. */
  constructor() {
    this.descriptor = check(
      socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE),
      "socket of family AF_NETLINK",
    );
    this.#reception = spare.pop() ?? new Reception();
  }

  /** What `receive` gave is not valid any more; what `request` gave is. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    close(this.descriptor);
    spare.push(this.#reception);
  }

  setOption(option: number, value: number): void {
    const word = argument(4);
    word.writeInt32LE(value);
    check(setsockopt(this.descriptor, SOL_NETLINK, option, addressOf(word), 4), `netlink option ${option}`);
  }

  /** Gives the socket a port id: without one (it gets one by sending) it receives no notifications. */
  bind(): void {
    const address = argument(12); // struct sockaddr_nl: family(2) pad(2) port(4) groups(4)
    address.writeUInt16LE(AF_NETLINK, 0);
    check(bind(this.descriptor, addressOf(address), address.length), "bind of a netlink socket");
  }

  /** Sends a request and returns its answers; `what` names it in the error when the kernel refuses. */
  request(what: string, type: number, flags: number, ...parts: Uint8Array[]): Message[] {
    const sequence = ++this.#sequence;
    const message = encodeMessage(type, flags | NLM_F_REQUEST | NLM_F_ACK, sequence, ...parts);
    check(send(this.descriptor, addressOf(message), message.length, 0), what);
    const answers: Message[] = [];
    for (;;) {
      for (const answer of this.#await(what)) {
        if (answer.sequence !== sequence) continue;
        if (answer.type === NLMSG_ERROR) {
          const code = answer.body.readInt32LE(0);
          if (code < 0) throw new SystemCallError(what, -code);
          return answers;
        }
        if (answer.type === NLMSG_DONE) return answers;
        answers.push({ ...answer, body: Buffer.from(answer.body) });
      }
    }
  }

  /** Messages of one datagram, valid until the next call; undefined when none waits, "lost" when some were lost. */
  receive(): Message[] | "lost" | undefined {
    const { buffer, header, control } = this.#reception;
    header.writeBigUInt64LE(BigInt(control.length), 40);
    const length = recvmsg(this.descriptor, addressOf(header), MSG_DONTWAIT);
    if (length < 0) {
      const number = errno();
      if (number === EAGAIN || number === EINTR) return undefined;
      if (number === ENOBUFS) return "lost";
      throw new SystemCallError("recvmsg of a netlink socket", number);
    }
    return decodeMessages(buffer.subarray(0, length), this.#senderNamespace());
  }

  #await(what: string): Message[] {
    const entry = argument(8); // struct pollfd
    entry.writeInt32LE(this.descriptor, 0);
    entry.writeInt16LE(POLLIN, 4);
    if (poll(addressOf(entry), 1, ANSWER_TIMEOUT_MS) === 0) {
      throw new Error(`${what}: no answer from the kernel in ${ANSWER_TIMEOUT_MS} ms`);
    }
    const messages = this.receive();
    return messages === undefined || messages === "lost" ? [] : messages;
  }

  /** struct cmsghdr {len(8) level(4) type(4)} and an int: there with NETLINK_LISTEN_ALL_NSID, for other namespaces. */
  #senderNamespace(): number | undefined {
    const { header, control } = this.#reception;
    const length = Number(header.readBigUInt64LE(40));
    if (length < 20 || control.readInt32LE(8) !== SOL_NETLINK) return undefined;
    const id = control.readInt32LE(16);
    return id < 0 ? undefined : id;
  }
}
