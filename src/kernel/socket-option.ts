/** Socket options whose value is a C int: setsockopt(2). */
import { check } from "./errno.ts";
import { addressOf, argument, setsockopt } from "./system-calls.ts";

/** @throws SystemCallError naming `what` when the kernel refuses. */
export function setSocketOption(
  descriptor: number,
  level: number,
  option: number,
  value: number,
  what = `socket option ${option} of level ${level}`,
): void {
  check(trySocketOption(descriptor, level, option, value), what);
}

/** For options that a kernel may not know: negative when it refuses. */
export function trySocketOption(descriptor: number, level: number, option: number, value: number): number {
  const word = argument(4);
  word.writeInt32LE(value);
  return setsockopt(descriptor, level, option, addressOf(word), 4);
}
