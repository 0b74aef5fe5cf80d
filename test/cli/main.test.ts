import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ControlRequest } from "../../src/control/protocol.ts";
import { type Answer, type ControlServer, serveControl } from "../../src/control/server.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

let folder: string;
let server: ControlServer;
let requests: ControlRequest[] = [];

/** Stands in for the daemon: remembers what it was asked, and answers with one line. */
const record: Answer = (request, reply) => {
  requests.push(request);
  if (request.arguments.includes("refuse")) throw new Error("no such thing");
  return reply.line("answered");
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-main-"));
  const names = [
    "nbctl",
    "ports",
    "ports add",
    "ports remove",
    "flows",
    "tables",
    "groups",
    "conntrack",
    "stats",
    "trace",
  ];
  server = await serveControl(join(folder, "megaflow.sock"), new Map(names.map((name) => [name, record])));
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly asked: ControlRequest[];
}

function run(
  words: readonly string[],
  environment: Record<string, string> = { MEGAFLOW_RUNDIR: folder },
): Promise<Outcome> {
  requests = [];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...words], { env: { PATH: process.env.PATH, ...environment } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("close", (status) => resolve({ status, stdout, stderr, asked: requests }));
  });
}

describe("commands become requests", () => {
  it.each([
    ["flows", [], { command: "flows", arguments: [], options: {} }],
    ["tables", ["20"], { command: "tables", arguments: [], options: { table: 20 } }],
    ["conntrack", ["-m", "-z", "2"], { command: "conntrack", arguments: [], options: { more: true, zone: 2 } }],
    ["stats", ["--json"], { command: "stats", arguments: [], options: { json: true } }],
    ["ports", [], { command: "ports", arguments: [], options: {} }],
    [
      "ports",
      ["add", "veth9", "--kind", "tap", "--mtu", "9000", "--no-offloads", "--iface-id", "p"],
      {
        command: "ports add",
        arguments: ["veth9"],
        options: { kind: "tap", mtu: 9000, offloads: false, "iface-id": "p" },
      },
    ],
    ["ports", ["remove", "veth9"], { command: "ports remove", arguments: ["veth9"], options: {} }],
    [
      "trace",
      ["in_port=veth5,tcp", "--ct-next", "trk,new", "--ct-next", "trk,est"],
      { command: "trace", arguments: ["in_port=veth5,tcp"], options: { ctNext: ["trk,new", "trk,est"] } },
    ],
    ["nbctl", ["ls-add", "a b"], { command: "nbctl", arguments: ["ls-add", "a b"], options: {} }],
    [
      "nbctl",
      ["--may-exist", "ls-add", "a", "--", "--if-exists", "ls-del", "b"],
      { command: "nbctl", arguments: ["--may-exist", "ls-add", "a", "--", "--if-exists", "ls-del", "b"], options: {} },
    ],
    [
      "nbctl",
      ["ls-add", "a", "--", "ls-add", "--help"],
      { command: "nbctl", arguments: ["ls-add", "a", "--", "ls-add", "--help"], options: {} },
    ],
  ])("%s %j", async (command, words, request) => {
    const { status, stdout, stderr, asked } = await run([command, ...words]);
    expect(asked).toEqual([request]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "answered\n", stderr: "" });
  });

  it("nbctl --file sends the whole script", async () => {
    writeFileSync(join(folder, "script"), "ls-add a\n");
    const { asked } = await run(["nbctl", "--file", join(folder, "script")]);
    expect(asked).toEqual([{ command: "nbctl", arguments: [], options: { script: "ls-add a\n" } }]);
  });

  it("--socket names another daemon", async () => {
    const { status } = await run(["--socket", join(folder, "megaflow.sock"), "flows"], { MEGAFLOW_RUNDIR: "/nowhere" });
    expect(status).toBe(0);
  });
});

describe("what goes wrong is one sentence and a status", () => {
  it.each([
    [["nbctl", "refuse"], 1, "megaflow: no such thing\n"],
    [["fly"], 2, "megaflow: unknown command 'fly'\n"],
    [["flows", "--fly"], 2, "megaflow: unknown option '--fly'\n"],
    [["flows", "extra"], 2, "megaflow: too many arguments for 'flows'"],
    [["trace"], 2, "megaflow: missing required argument 'flow'\n"],
    [
      ["tables", "many"],
      2,
      "megaflow: command-argument value 'many' is invalid for argument 'number'. It is not a whole number.\n",
    ],
    [["nbctl"], 2, 'megaflow: nbctl needs a command, such as "show"\n'],
    [["nbctl", "--file"], 2, "megaflow: nbctl --file takes one file name, or - for standard input\n"],
    [["nbctl", "--file", "/nowhere"], 2, "megaflow: /nowhere cannot be read: "],
    [["ports", "add", "a", "--kind", "dpdk"], 2, "Choose from tap, system."],
    [["lab", "--ports", "dpdk"], 2, "Allowed choices are tap, veth, af_xdp."],
    [["--socket", "/nowhere/socket", "flows"], 3, "megaflow: no megaflow daemon answers at /nowhere/socket: "],
    [["--socket", `/${"x".repeat(200)}`, "flows"], 2, "is longer than the 107 bytes a unix socket allows"],
  ])("%j", async (words, status, sentence) => {
    const outcome = await run(words);
    expect(outcome.stderr).toContain(sentence);
    expect(outcome.stdout).toBe("");
    expect(outcome.status).toBe(status);
  });
});

describe("help and version", () => {
  it("are no errors", async () => {
    const help = await run(["--help"]);
    expect(help.stdout).toMatch(/^Usage: megaflow /);
    expect(help.status).toBe(0);
    const version = await run(["version"]);
    expect(version.stdout).toMatch(/^megaflow \d+\.\d+\.\d+ \(memory layout [0-9a-f]{1,8}, Node 26\.\d+\.\d+\)\n$/);
    expect(version.status).toBe(0);
  });

  it("a reader that stops early is no error", async () => {
    const command = `"$0" "$1" --help | head -n 1`;
    const child = spawn("sh", ["-c", command, process.execPath, MAIN], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
  });
});
