/**
 * Blocking sockets by system calls: what a packet costs here is the kernel's work and a microsecond, not an event loop's turn.
 *
 * Invariants: buffers that the kernel reads or writes are held by whoever calls; a call that waits too long throws.
 */
import koffi from "koffi";
import { addressOf, argument, bind, close, errno, setsockopt, socket } from "../../src/kernel/system-calls.ts";

type Call = (...args: number[]) => number;
const libc = koffi.load("libc.so.6");
const declare = (name: string, result: string, ...parameters: string[]): Call =>
  libc.func(name, result, parameters) as unknown as Call;

export const accept = declare("accept4", "int", "int", "uint64", "uint64", "int");
export const connect = declare("connect", "int", "int", "uint64", "int");
export const listen = declare("listen", "int", "int", "int");
export const shutdown = declare("shutdown", "int", "int", "int");
export const receive = declare("recvfrom", "int64", "int", "uint64", "uint64", "int", "uint64", "uint64");
export const transmit = declare("sendto", "int64", "int", "uint64", "uint64", "int", "uint64", "int");
export { close };

const AF_INET = 2;
const TYPES = { tcp: 1, udp: 2 };
export const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_CONGESTION = 13;
export const EINPROGRESS = 115;
export const EAGAIN = 11;
export const MSG_DONTWAIT = 0x40;
export const ADDRESS_SIZE = 16;
/** struct pollfd: descriptor(4) events(2) returned events(2). */
export const POLL_SIZE = 8;
export const POLLIN = 1;
export const POLLOUT = 4;
const BACKLOG = 4096;

export type Protocol = keyof typeof TYPES;

/** struct sockaddr_in. */
export function socketAddress(address: string, port: number): Buffer {
  const bytes = argument(ADDRESS_SIZE);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address.split(".").map(Number), 4);
  return bytes;
}

export function openSocket(protocol: Protocol, flags = 0): number {
  return must(socket(AF_INET, TYPES[protocol] | flags, 0), "socket");
}

/** Waits at most `seconds` in each call. */
export function setTimeLimit(descriptor: number, seconds: number): void {
  const time = argument(16);
  time.writeBigInt64LE(BigInt(seconds), 0);
  for (const option of [SO_RCVTIMEO, SO_SNDTIMEO]) {
    must(setsockopt(descriptor, SOL_SOCKET, option, addressOf(time), time.length), "setsockopt");
  }
}

export function sendAtOnce(descriptor: number): void {
  setOption(descriptor, IPPROTO_TCP, TCP_NODELAY);
}

/** The congestion control that Linux has unless told otherwise: the measuring machine may have been told. */
export const CONGESTION_CONTROL = "cubic";

/** Has a TCP socket use CONGESTION_CONTROL: bbr sends by timers, whose cost hid what forwarders cost (bench/README.md). */
export function controlCongestion(descriptor: number): void {
  const name = argument(CONGESTION_CONTROL.length);
  name.write(CONGESTION_CONTROL);
  must(setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, addressOf(name), name.length), CONGESTION_CONTROL);
}

export function connectTo(descriptor: number, address: string, port: number): void {
  const to = socketAddress(address, port);
  must(connect(descriptor, addressOf(to), to.length), `connect to ${address}:${port}`);
}

/** The slot of a list of struct pollfd; a descriptor of -1 is nobody's. */
export function watch(list: Buffer, slot: number, descriptor: number, events: number): void {
  list.writeInt32LE(descriptor, slot * POLL_SIZE);
  list.writeUInt32LE(events, slot * POLL_SIZE + 4); // and no returned events yet
}

/** A socket bound to the port, for TCP listening. */
export function serverSocket(protocol: Protocol, port: number): number {
  const descriptor = openSocket(protocol);
  setOption(descriptor, SOL_SOCKET, SO_REUSEADDR);
  const own = socketAddress("0.0.0.0", port);
  must(bind(descriptor, addressOf(own), own.length), `bind to port ${port}`);
  if (protocol === "tcp") must(listen(descriptor, BACKLOG), "listen");
  return descriptor;
}

/** @throws Error naming the call and errno when it failed. */
export function must(result: number, what: string): number {
  if (result < 0) throw new Error(`${what} failed: errno ${errno()}`);
  return result;
}

function setOption(descriptor: number, level: number, option: number): void {
  const on = argument(4);
  on.writeInt32LE(1);
  must(setsockopt(descriptor, level, option, addressOf(on), on.length), "setsockopt");
}
