import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lockFile, lockHolder, unlockFile } from "../../src/kernel/file-lock.ts";

const directory = mkdtempSync(join(tmpdir(), "megaflow-lock-"));
afterAll(() => rmSync(directory, { recursive: true }));

const HOLDER = `
  import { openSync } from "node:fs";
  import { lockFile } from ${JSON.stringify(new URL("../../src/kernel/file-lock.ts", import.meta.url).href)};
  console.log(lockFile(openSync(process.argv[1], "r+")));
  process.stdin.resume();`;

it("a file is locked by one process until it ends", async () => {
  const path = join(directory, "pid");
  const descriptor = openSync(path, "w+");
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  expect(String(line).trim()).toBe("true");
  expect(lockFile(descriptor)).toBe(false);
  expect(lockHolder(descriptor)).toBe(child.pid);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(lockHolder(descriptor)).toBeUndefined();
  expect(lockFile(descriptor)).toBe(true);
  expect(lockFile(descriptor)).toBe(true);
  unlockFile(descriptor);
  closeSync(descriptor);
});

it("a descriptor that is not open is an error", () => {
  expect(() => lockFile(9999)).toThrow("lock of a file: EBADF");
});
