import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identify, isAlive, startProcess, terminate } from "../../src/lab/processes.ts";
import { runProgram, tryProgram } from "../../src/lab/run-program.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-processes-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (script: string, stays = false) =>
  startProcess({ name: "the program", command: ["sh", "-c", script], logFile: join(folder, "log"), stays });

describe("starting a process", () => {
  it("waits for its first line, and keeps its stderr", async () => {
    const started = await start("echo one >&2; echo ready; cat");
    expect(isAlive(started)).toBe(true);
    expect(readFileSync(join(folder, "log"), "utf8")).toBe("one\n");
    await terminate(started);
    expect(isAlive(started)).toBe(false);
  });

  it("fails with the end of its log when it ends before", async () => {
    await expect(start("echo the reason >&2; exit 3")).rejects.toThrow(
      "the program ended before it was ready: the reason",
    );
  });

  it("fails when the program is not there", async () => {
    const options = { name: "it", command: ["/nowhere/program"], logFile: join(folder, "log"), stays: false };
    await expect(startProcess(options)).rejects.toThrow("ENOENT");
  });
});

describe("ending a process", () => {
  it("kills one that ignores SIGTERM", async () => {
    const started = await start("trap '' TERM; echo ready; while :; do read -r line || sleep 0.01; done");
    await terminate(started, 100);
    expect(isAlive(started)).toBe(false);
  });

  it("never touches another process that got the same number", async () => {
    const child = spawn("cat");
    await once(child, "spawn");
    const earlier = { ...identify(child.pid!), startTime: "1" };
    expect(isAlive(earlier)).toBe(false);
    await terminate(earlier);
    expect(isAlive(identify(child.pid!))).toBe(true);
    child.kill();
    await once(child, "exit");
  });
});

describe("running a program", () => {
  it("gives its output, or its status and what it said", async () => {
    expect(await runProgram(["sh", "-c", "cat; echo b"], { input: "a" })).toBe("ab\n");
    expect(await tryProgram(["sh", "-c", "echo bad >&2; exit 4"])).toEqual({ status: 4, stdout: "", stderr: "bad\n" });
    await expect(runProgram(["sh", "-c", "echo bad >&2; exit 4"])).rejects.toThrow("failed with status 4: bad");
  });

  it("says which package a missing program comes from", async () => {
    await expect(runProgram(["/nowhere/program"])).rejects.toMatchObject({
      exitCode: 3,
      message: 'the program "/nowhere/program" is needed and not installed',
    });
  });
});
