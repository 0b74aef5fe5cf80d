/**
 * Waiting for descriptors: epoll and eventfd.
 *
 * What: every descriptor has a u32 tag; a wait yields tags and conditions without an object for each event. The epoll
 *   descriptor may be changed by one thread while another waits.
 */
import { check, EAGAIN, EINTR, SystemCallError } from "./errno.ts";
import {
  addressOf,
  argument,
  close,
  epollControl,
  epollCreate,
  epollWait,
  errno,
  eventfd,
  read,
  write,
} from "./system-calls.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
export const READABLE = 0x1; // EPOLLIN
export const FAILED = 0x8 | 0x10; // EPOLLERR | EPOLLHUP
const EPOLLET = 0x8000_0000;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/** struct epoll_event is packed on x86-64 only: events(4) data(8). */
const EVENT_SIZE = process.arch === "x64" ? 12 : 16;
const EVENT_DATA = process.arch === "x64" ? 4 : 8;

/** A set of descriptors to wait for, each with a tag. */
export class Readiness {
  readonly descriptor: number;
  readonly #capacity: number;
  readonly #events: Buffer;
  readonly #address: number;
  readonly #words: DataView;

  /** `descriptor`: a set that another thread made. */
  constructor(capacity: number, descriptor?: number) {
    this.descriptor = descriptor ?? check(epollCreate(EPOLL_CLOEXEC), "epoll_create1");
    this.#capacity = capacity;
    this.#events = argument(capacity * EVENT_SIZE);
    this.#address = addressOf(this.#events);
    this.#words = new DataView(this.#events.buffer);
  }

  /** `edge`: reported once each time something new arrives, not as long as something waits. */
  add(descriptor: number, tag: number, edge = false): void {
    const event = argument(16);
    event.writeUInt32LE(edge ? (READABLE | EPOLLET) >>> 0 : READABLE, 0);
    event.writeUInt32LE(tag, EVENT_DATA);
    check(epollControl(this.descriptor, EPOLL_CTL_ADD, descriptor, addressOf(event)), "epoll_ctl");
  }

  /** A descriptor that is not in the set any more is no error. */
  remove(descriptor: number): void {
    epollControl(this.descriptor, EPOLL_CTL_DEL, descriptor, 0);
  }

  /** Waits up to `timeout` milliseconds; how many descriptors are ready. */
  wait(timeout: number): number {
    const ready = epollWait(this.descriptor, this.#address, this.#capacity, timeout);
    if (ready >= 0) return ready;
    const number = errno();
    if (number === EINTR) return 0;
    throw new SystemCallError("epoll_wait", number);
  }

  tag(index: number): number {
    return this.#words.getUint32(index * EVENT_SIZE + EVENT_DATA, true);
  }

  conditions(index: number): number {
    return this.#words.getUint32(index * EVENT_SIZE, true);
  }

  close(): void {
    close(this.descriptor);
  }
}

/** An eventfd: a bell that a thread in `Readiness.wait` hears. */
export class Bell {
  readonly descriptor: number;
  readonly #word = argument(8);
  readonly #address = addressOf(this.#word);

  constructor(descriptor?: number) {
    this.descriptor = descriptor ?? check(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
  }

  ring(): void {
    this.#word.writeBigUInt64LE(1n);
    if (write(this.descriptor, this.#address, 8) < 0 && errno() !== EAGAIN) {
      throw new SystemCallError("write of an eventfd", errno());
    }
  }

  /** Forgets the rings so far. */
  silence(): void {
    read(this.descriptor, this.#address, 8);
  }

  close(): void {
    close(this.descriptor);
  }
}
