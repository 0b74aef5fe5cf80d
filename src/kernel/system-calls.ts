/**
 * The system calls Megaflow makes, through koffi: one table, declared once for every thread.
 *
 * Every pointer is a `uint64` passed as a Number (host addresses are below 2^47): that is half the price of a Buffer.
 * Calls return what the kernel says, -1 on failure; `errno()` is that of the calling thread's last call.
 */
import koffi from "koffi";

type Call = (...args: (number | string)[]) => number;

const libc = koffi.load("libc.so.6");
const declare = (name: string, result: string, ...parameters: string[]): Call =>
  libc.func(name, result, parameters) as unknown as Call;

const POINTER = "uint64";
/** bpf(2) has no wrapper in the C library. */
const SYS_BPF = process.arch === "x64" ? 321 : 280;
const systemCall = declare("syscall", "int64", "int64", "int", POINTER, "uint32");

export const open = declare("open", "int", "str", "int", "int");
const closing = libc.func("close", "int", ["int"]);
export const close = closing as unknown as Call;
/** In a thread of its own: closing a TAP takes as long as the kernel needs to forget the device, some 20 ms. */
export const closeElsewhere = (descriptor: number): Promise<void> =>
  new Promise((resolve) => void closing.async(descriptor, () => resolve()));
export const read = declare("read", "int64", "int", POINTER, "uint64");
export const write = declare("write", "int64", "int", POINTER, "uint64");
export const writev = declare("writev", "int64", "int", POINTER, "int");
/** The third argument is an address, or the number itself for requests that take one. */
export const ioctl = declare("ioctl", "int", "int", "uint64", POINTER);
/** The variable argument as an address; Linux passes it the same way on x86-64 and arm64. */
export const fcntl = declare("fcntl", "int", "int", "int", POINTER);

export const socket = declare("socket", "int", "int", "int", "int");
export const bind = declare("bind", "int", "int", POINTER, "int");
export const setsockopt = declare("setsockopt", "int", "int", "int", "int", POINTER, "int");
export const getsockopt = declare("getsockopt", "int", "int", "int", "int", POINTER, POINTER);
export const send = declare("send", "int64", "int", POINTER, "uint64", "int");
export const recvmsg = declare("recvmsg", "int64", "int", POINTER, "int");
export const recvmmsg = declare("recvmmsg", "int", "int", POINTER, "uint32", "int", POINTER);
export const sendmmsg = declare("sendmmsg", "int", "int", POINTER, "uint32", "int");

/** `attributes`: address of a union bpf_attr of `size` bytes. */
export const bpf = (command: number, attributes: number, size: number): number =>
  systemCall(SYS_BPF, command, attributes, size);

/** io_uring_setup(2), io_uring_enter(2): no wrappers either; their numbers are those of every architecture. */
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const setupCall = declare("syscall", "int64", "int64", "uint32", POINTER);
const enterCall = declare("syscall", "int64", "int64", "int", "uint32", "uint32", "uint32", POINTER, "uint64");

/** `parameters`: address of a struct io_uring_params. A descriptor. */
export const ioUringSetup = (entries: number, parameters: number): number =>
  setupCall(SYS_IO_URING_SETUP, entries, parameters);

/** How many of `submit` operations were taken, when `wait` have ended. */
export const ioUringEnter = (descriptor: number, submit: number, wait: number, flags: number): number =>
  enterCall(SYS_IO_URING_ENTER, descriptor, submit, wait, flags, 0, 0);

export const mmap = declare("mmap", "int64", POINTER, "uint64", "int", "int", "int", "int64");

export const madvise = declare("madvise", "int", POINTER, "uint64", "int");

/** Lets whoever else is ready to run on this processor do so. */
export const yieldProcessor = declare("sched_yield", "int");

export const setns = declare("setns", "int", "int", "int");

export const epollCreate = declare("epoll_create1", "int", "int");
export const epollControl = declare("epoll_ctl", "int", "int", "int", "int", POINTER);
export const epollWait = declare("epoll_wait", "int", "int", POINTER, "int", "int");
export const eventfd = declare("eventfd", "int", "uint32", "int");
export const poll = declare("poll", "int", POINTER, "uint64", "int");

/** errno of this thread's last failed call. */
export const errno = (): number => koffi.errno();

/** Host address of the first byte. The bytes of an ArrayBuffer stay where they are as long as it is referenced. */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi.address(bytes));
}

/** Zeroed bytes outside the JavaScript heap, for the arguments of a call. */
export function argument(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}
