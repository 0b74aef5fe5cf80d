/** Failed system calls as errors that say what was tried, on what, and why the kernel refused. */
import { constants } from "node:os";
import { errno } from "./system-calls.ts";

export const {
  EACCES,
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EHOSTUNREACH,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENETUNREACH,
  ENOBUFS,
  ENODEV,
  ENOENT,
  ENXIO,
  EPERM,
} = constants.errno;
/** Not in os.constants: they have no meaning outside Linux or libuv. */
export const EBADFD = 77;
export const { ENETDOWN } = constants.errno;

const NAMES = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  [EAGAIN, "EAGAIN"],
  [EBADFD, "EBADFD"],
]);

const ADVICE = new Map<number, string>([
  [EPERM, "root or CAP_NET_ADMIN and CAP_NET_RAW are needed"],
  [EACCES, "root or CAP_NET_ADMIN and CAP_NET_RAW are needed"],
  [ENODEV, "no such interface in this network namespace"],
  [EBUSY, "another program holds it"],
  [EEXIST, "it exists already"],
]);

/** "ENODEV" for 19; numbers without a name stay numbers. */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}

export class SystemCallError extends Error {
  readonly errno: number;
  readonly code: string;

  /** `what` is the call and its object: "TUNSETIFF of tap0". */
  constructor(what: string, number: number) {
    const advice = ADVICE.get(number);
    super(`${what}: ${errnoName(number)}${advice === undefined ? "" : ` (${advice})`}`);
    this.name = "SystemCallError";
    this.errno = number;
    this.code = errnoName(number);
  }
}

/** The result of a system call, or a SystemCallError when it is negative. */
export function check(result: number, what: string): number {
  if (result < 0) throw new SystemCallError(what, errno());
  return result;
}

/** The device behind the descriptor is gone or down: nothing can be sent or received until the port is looked after. */
export function isDeviceFailure(number: number): boolean {
  return (
    number === ENETDOWN ||
    number === ENODEV ||
    number === ENXIO ||
    number === EBADFD ||
    number === EBADF ||
    number === EIO
  );
}

/** Nothing else can be sent now either: there is no room, or no device. */
export const isHopeless = (number: number): boolean => number === EAGAIN || isDeviceFailure(number);
