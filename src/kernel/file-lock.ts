/**
 * POSIX file locks (fcntl F_SETLK), which Node has none of: a pidfile locked so shows that its writer is alive.
 *
 * Invariants: the lock belongs to the process and goes with it; it also goes when the process closes any other descriptor
 *   of the same file, so nobody else here may open it.
 */
import { EACCES, EAGAIN, SystemCallError } from "./errno.ts";
import { addressOf, argument, errno, fcntl } from "./system-calls.ts";

const F_GETLK = 5;
const F_SETLK = 6;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** struct flock of 64-bit Linux: type(2) whence(2) pad(4) start(8) len(8) pid(4). Start and length 0: the whole file. */
const FLOCK_SIZE = 32;
const FLOCK_PID = 24;

function flock(type: number): Buffer {
  const lock = argument(FLOCK_SIZE);
  lock.writeInt16LE(type, 0);
  return lock;
}

/** Locks an open, writable file for this process; false when another process holds it. */
export function lockFile(descriptor: number): boolean {
  if (fcntl(descriptor, F_SETLK, addressOf(flock(F_WRLCK))) >= 0) return true;
  const number = errno();
  if (number === EAGAIN || number === EACCES) return false;
  throw new SystemCallError("lock of a file", number);
}

export function unlockFile(descriptor: number): void {
  fcntl(descriptor, F_SETLK, addressOf(flock(F_UNLCK)));
}

/** The process that holds a lock on the file, or undefined. Our own locks are not seen. */
export function lockHolder(descriptor: number): number | undefined {
  const lock = flock(F_WRLCK);
  if (fcntl(descriptor, F_GETLK, addressOf(lock)) < 0) throw new SystemCallError("query of a file's lock", errno());
  return lock.readInt16LE(0) === F_UNLCK ? undefined : lock.readInt32LE(FLOCK_PID);
}
