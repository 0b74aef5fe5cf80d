import { expect, it } from "vitest";
import { check, EBADFD, ENOENT, errnoName, SystemCallError } from "../../src/kernel/errno.ts";
import { close, errno, open } from "../../src/kernel/system-calls.ts";

it("a failed call says what was tried and why the kernel refused", () => {
  const attempt = (): number => check(open("/no/such/file", 0, 0), "open of /no/such/file");
  expect(attempt).toThrow(new SystemCallError("open of /no/such/file", ENOENT));
  expect(attempt).toThrow("open of /no/such/file: ENOENT");
});

it("a refusal that has a usual remedy names it", () => {
  expect(new SystemCallError("TUNSETIFF of tap0", 1).message).toBe(
    "TUNSETIFF of tap0: EPERM (root or CAP_NET_ADMIN and CAP_NET_RAW are needed)",
  );
});

it("errno names are Linux's", () => {
  expect([11, EBADFD, 100, 4095].map(errnoName)).toEqual(["EAGAIN", "EBADFD", "ENETDOWN", "errno 4095"]);
});

it("errno is that of the last failed call", () => {
  expect(close(-1)).toBe(-1);
  expect(errnoName(errno())).toBe("EBADF");
});
