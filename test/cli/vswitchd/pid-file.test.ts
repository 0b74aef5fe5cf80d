import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePidFile } from "../../../src/cli/vswitchd/pid-file.ts";

const module = fileURLToPath(new URL("../../../src/cli/vswitchd/pid-file.ts", import.meta.url));
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pid-file-"));
  path = join(directory, "x.pid");
});

afterEach(() => rmSync(directory, { recursive: true }));

/** What another process gets that wants the same file. */
async function another(overwrite: boolean): Promise<string> {
  const script = `import { writePidFile } from ${JSON.stringify(module)};
    try { writePidFile(${JSON.stringify(path)}, ${overwrite}); console.log("written"); }
    catch (error) { console.log(error.message); }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return Buffer.concat(chunks).toString().trim();
}

describe("a pidfile", () => {
  it("tells the process id, and goes when it is removed", () => {
    const file = writePidFile(path, false);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    file.remove();
    expect(existsSync(path)).toBe(false);
  });

  it("is not taken from a process that lives, unless that is asked for", async () => {
    const file = writePidFile(path, false);
    expect(await another(false)).toBe(`${path}: already running as pid ${process.pid}, aborting`);
    expect(await another(true)).toBe("written");
    file.remove();
  });

  it("is taken over from a process that died", () => {
    writeFileSync(path, "4194304\n");
    writePidFile(path, false).remove();
    expect(existsSync(path)).toBe(false);
  });
});
