/**
 * Datagrams between linear memory and the kernel: the system calls of a worker thread for tunnel ports.
 *
 * What: receives into the receive buffers, sends the queue of a tunnel port (assembly/io/tunnel-queue.ts) by the sockets that its
 *   messages name. Messages that follow each other by the same socket are one call.
 * Invariants: the queue is empty afterwards, whatever the kernel says. A message that the kernel will not cut is sent packet
 *   by packet; when it was not the packets' fault, the tunnel makes no such messages any more (no checksum offload before
 *   Linux 6.11, IPsec on the way).
 */
import { DROP_TOO_LONG, DROP_TX_ERROR, DROP_TX_FULL } from "../../assembly/layout/counter.ts";
import { TUN_FLAG_CSUM, TUN_FLAG_DF } from "../../assembly/layout/key.ts";
import { BUFFER_SIZE, RECEIVE_BUFFERS } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM } from "../../assembly/layout/packet.ts";
import { PORT_SIZE, PORT_WINDOW } from "../../assembly/layout/port.ts";
import {
  ARRIVAL_CONTROL_SIZE,
  ARRIVAL_CONTROLS,
  ARRIVAL_MESSAGES,
  ARRIVAL_NAME_SIZE,
  ARRIVAL_NAMES,
  ARRIVAL_VECTORS,
  DETAIL_CONTROL_BYTES,
  DETAIL_FLAGS,
  DETAIL_FRAME_BYTES,
  DETAIL_HEADER,
  DETAIL_HEADER_BYTES,
  DETAIL_PACKETS,
  DETAIL_SENDER,
  DETAIL_SIZE,
  TUNNEL_BUNDLES,
  TUNNEL_DETAILS,
  TUNNEL_MESSAGES,
  TUNNEL_RECEIVERS,
  TUNNEL_SENDER_COUNT,
  TUNNEL_SENDER_FLAGS,
  TUNNEL_SENDERS,
} from "../../assembly/layout/tunnel.ts";
import { BUFFERS_BASE, IO_BASE, PORTS_BASE, TUNNEL_ARRIVALS_BASE } from "../../assembly/memory.ts";
import { EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS } from "../kernel/errno.ts";
import { hostBase } from "../kernel/host-memory.ts";
import { takeSocketError } from "../kernel/packet-socket.ts";
import { errno, recvmmsg, sendmmsg } from "../kernel/system-calls.ts";
import { AF_INET, AF_INET6, setOuterHeader } from "../kernel/udp-socket.ts";

const MSG_DONTWAIT = 0x40;
const MESSAGE_SIZE = 64;
const VECTOR_SIZE = 16;
/** struct mmsghdr, in 32-bit words: name 0, namelen 2, iov 4, iovlen 6, control 8, controllen 10. */
const NAME = 0;
const NAME_LENGTH = 2;
const VECTORS = 4;
const VECTOR_COUNT = 6;
const CONTROL = 8;
const CONTROL_LENGTH = 10;
const MESSAGE_WORDS = MESSAGE_SIZE >> 2;

/** Four bytes for socket options, and the message of one packet, behind what FrameExchange uses. */
const OPTION_WORD = IO_BASE + (128 << 10);
const SINGLE_MESSAGE = OPTION_WORD + 64;
/** No DROP_* reason: it was sent. */
const SENT = -1;

export interface DatagramCounters {
  countTunnelled(port: number, packets: number, bytes: number, reason: number): void;
}

export class DatagramExchange {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #counters: () => DatagramCounters;
  readonly #option: { readonly address: number; readonly value: Int32Array };

  /** `counters` is asked for late: the module's imports are made before the module. */
  constructor(memory: WebAssembly.Memory, counters: () => DatagramCounters) {
    this.#words = new Int32Array(memory.buffer);
    this.#base = hostBase(memory);
    this.#counters = counters;
    this.#option = { address: this.#base + OPTION_WORD, value: new Int32Array(memory.buffer, OPTION_WORD, 1) };
    this.#prepareArrivals(new DataView(memory.buffer));
  }

  /** An error that waits at a socket keeps it ready: an ICMP message, for example. */
  forgetError(port: number, receiver: number): void {
    takeSocketError(this.#receiver(port, receiver));
  }

  /** Receives by one of the port's sockets (its index in TUNNEL_RECEIVERS) into the receive buffers; how many datagrams came. */
  receive(port: number, receiver: number): number {
    const descriptor = this.#receiver(port, receiver);
    const messages = this.#base + TUNNEL_ARRIVALS_BASE + ARRIVAL_MESSAGES;
    return Math.max(recvmmsg(descriptor, messages, RECEIVE_BUFFERS, MSG_DONTWAIT, 0), 0);
  }

  #receiver(port: number, receiver: number): number {
    const tunnel = this.#words[(PORTS_BASE + port * PORT_SIZE + PORT_WINDOW) >> 2];
    return this.#words[((tunnel + TUNNEL_RECEIVERS) >> 2) + receiver];
  }

  /** Sends the `count` messages of the port's queue. */
  send(port: number, count: number): void {
    const tunnel = this.#words[(PORTS_BASE + port * PORT_SIZE + PORT_WINDOW) >> 2];
    for (let first = 0; first < count; ) {
      const run = this.#run(tunnel, first, count);
      const descriptor = this.#prepareSender(tunnel, first);
      const messages = this.#base + tunnel + TUNNEL_MESSAGES + first * MESSAGE_SIZE;
      const sent = sendmmsg(descriptor, messages, run, MSG_DONTWAIT);
      if (sent > 0) {
        for (let i = first; i < first + sent; i++) this.#count(port, tunnel, i, SENT);
        first += sent;
      } else if (this.#refused(port, tunnel, first, descriptor)) {
        first++;
      }
    }
  }

  /** How many messages from `first` on go by the same socket with the same settings. */
  #run(tunnel: number, first: number, count: number): number {
    const sender = this.#detail(tunnel, first, DETAIL_SENDER);
    const flags = this.#detail(tunnel, first, DETAIL_FLAGS);
    let end = first + 1;
    while (
      end < count &&
      this.#detail(tunnel, end, DETAIL_SENDER) === sender &&
      this.#detail(tunnel, end, DETAIL_FLAGS) === flags
    ) {
      end++;
    }
    return end - first;
  }

  /** The socket of a message, set as its flags say: nearly always it is so already. */
  #prepareSender(tunnel: number, message: number): number {
    const words = this.#words;
    const sender = this.#detail(tunnel, message, DETAIL_SENDER);
    const flags = this.#detail(tunnel, message, DETAIL_FLAGS);
    const descriptor = words[((tunnel + TUNNEL_SENDERS) >> 2) + sender];
    const known = ((tunnel + TUNNEL_SENDER_FLAGS) >> 2) + sender;
    if (words[known] === flags + 1) return descriptor;
    const family = sender < TUNNEL_SENDER_COUNT ? AF_INET : AF_INET6;
    setOuterHeader(descriptor, family, (flags & TUN_FLAG_DF) !== 0, (flags & TUN_FLAG_CSUM) !== 0, this.#option);
    words[known] = flags + 1;
    return descriptor;
  }

  /** Deals with a message that the last call refused; false: it is to be tried again. */
  #refused(port: number, tunnel: number, message: number, descriptor: number): boolean {
    const number = errno();
    if (number === EINTR) return false;
    const packets = this.#detail(tunnel, message, DETAIL_PACKETS);
    if (packets > 1 && (number === EINVAL || number === EIO || number === EMSGSIZE)) {
      const sent = this.#sendSingly(port, tunnel, message, descriptor);
      if (sent > 0 && number !== EMSGSIZE) this.#words[(tunnel + TUNNEL_BUNDLES) >> 2] = 0;
    } else {
      this.#count(port, tunnel, message, reasonOf(number));
    }
    return true;
  }

  /** Sends each packet of a message by itself; each begins with the vector of the tunnel header. How many went. */
  #sendSingly(port: number, tunnel: number, message: number, descriptor: number): number {
    const words = this.#words;
    const from = (tunnel + TUNNEL_MESSAGES + message * MESSAGE_SIZE) >> 2;
    const single = SINGLE_MESSAGE >> 2;
    words.copyWithin(single, from, from + MESSAGE_WORDS);
    words[single + CONTROL_LENGTH] = this.#detail(tunnel, message, DETAIL_CONTROL_BYTES);
    const header = this.#base + tunnel + TUNNEL_DETAILS + message * DETAIL_SIZE + DETAIL_HEADER;
    const headerLow = header | 0;
    const headerBytes = this.#detail(tunnel, message, DETAIL_HEADER_BYTES);
    const end = words[from + VECTOR_COUNT];
    let vector = this.#linear(from + VECTORS);
    let sent = 0;
    for (let i = 0; i < end; ) {
      let pieces = 1;
      let bytes = -headerBytes + words[(vector + 8) >> 2];
      while (i + pieces < end && words[(vector + pieces * VECTOR_SIZE) >> 2] !== headerLow) {
        bytes += words[(vector + pieces * VECTOR_SIZE + 8) >> 2];
        pieces++;
      }
      this.#setAddress(single + VECTORS, vector);
      words[single + VECTOR_COUNT] = pieces;
      const result = sendmmsg(descriptor, this.#base + SINGLE_MESSAGE, 1, MSG_DONTWAIT);
      this.#counters().countTunnelled(port, 1, bytes, result > 0 ? SENT : reasonOf(errno()));
      if (result > 0) sent++;
      i += pieces;
      vector += pieces * VECTOR_SIZE;
    }
    return sent;
  }

  #count(port: number, tunnel: number, message: number, reason: number): void {
    const packets = this.#detail(tunnel, message, DETAIL_PACKETS);
    this.#counters().countTunnelled(port, packets, this.#detail(tunnel, message, DETAIL_FRAME_BYTES), reason);
  }

  #detail(tunnel: number, message: number, field: number): number {
    return this.#words[(tunnel + TUNNEL_DETAILS + message * DETAIL_SIZE + field) >> 2];
  }

  /** Linear address of the host address in two words. */
  #linear(index: number): number {
    return (this.#words[index + 1] >>> 0) * 0x1_0000_0000 + (this.#words[index] >>> 0) - this.#base;
  }

  #setAddress(index: number, linear: number): void {
    const host = this.#base + linear;
    this.#words[index] = host | 0;
    this.#words[index + 1] = Math.floor(host / 0x1_0000_0000);
  }

  #prepareArrivals(view: DataView): void {
    const words = this.#words;
    for (let i = 0; i < RECEIVE_BUFFERS; i++) {
      const message = (TUNNEL_ARRIVALS_BASE + ARRIVAL_MESSAGES + i * MESSAGE_SIZE) >> 2;
      const vector = TUNNEL_ARRIVALS_BASE + ARRIVAL_VECTORS + i * VECTOR_SIZE;
      this.#setAddress(message + NAME, TUNNEL_ARRIVALS_BASE + ARRIVAL_NAMES + i * ARRIVAL_NAME_SIZE);
      words[message + NAME_LENGTH] = ARRIVAL_NAME_SIZE;
      this.#setAddress(message + VECTORS, vector);
      words[message + VECTOR_COUNT] = 1;
      this.#setAddress(message + CONTROL, TUNNEL_ARRIVALS_BASE + ARRIVAL_CONTROLS + i * ARRIVAL_CONTROL_SIZE);
      words[message + CONTROL_LENGTH] = ARRIVAL_CONTROL_SIZE;
      this.#setAddress(vector >> 2, BUFFERS_BASE + i * BUFFER_SIZE + PACKET_MIN_HEADROOM);
      view.setBigUint64(vector + 8, BigInt(BUFFER_SIZE - PACKET_MIN_HEADROOM), true);
    }
  }
}

function reasonOf(number: number): number {
  if (number === EAGAIN || number === ENOBUFS) return DROP_TX_FULL;
  return number === EMSGSIZE ? DROP_TOO_LONG : DROP_TX_ERROR;
}
