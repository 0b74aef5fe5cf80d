import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askDaemon, callDaemon } from "../../src/control/client.ts";
import { LineReader, LONGEST_LINE } from "../../src/control/protocol.ts";
import { type Answer, type ControlServer, serveControl } from "../../src/control/server.ts";

const ANSWERS = new Map<string, Answer>([
  [
    "count",
    async ({ arguments: [last] }, reply) => {
      for (let number = 1; number <= Number(last); number++) await reply.line(`${number}`);
    },
  ],
  ["echo", ({ arguments: words, options }, reply) => reply.line(JSON.stringify({ words, options }))],
  [
    "fail",
    () => {
      throw new Error("it did not work out");
    },
  ],
]);

let folder: string;
let path: string;
let server: ControlServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-control-"));
  path = join(folder, "megaflow.sock");
  server = await serveControl(path, ANSWERS);
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends raw bytes and gives the messages that come back until the connection ends. */
async function raw(...pieces: (string | Buffer)[]): Promise<unknown[]> {
  const socket = connect(path);
  await once(socket, "connect");
  for (const piece of pieces) socket.write(piece);
  socket.end();
  return messages(socket);
}

async function messages(socket: Socket): Promise<unknown[]> {
  const lines = new LineReader();
  const received: unknown[] = [];
  for await (const chunk of socket) for (const line of lines.push(chunk as Buffer)) received.push(JSON.parse(line));
  return received;
}

describe("the control socket", () => {
  it("streams an answer line by line", async () => {
    const lines: string[] = [];
    await callDaemon(path, { command: "count", arguments: ["3"] }, (line) => lines.push(line));
    expect(lines).toEqual(["1", "2", "3"]);
  });

  it("hands arguments and options through unchanged", async () => {
    const text = await askDaemon(path, "echo", ['a "b"', "ü\n"], { deep: true, many: ["x"] });
    expect(JSON.parse(text)).toEqual({ words: ['a "b"', "ü\n"], options: { deep: true, many: ["x"] } });
  });

  it("reports a command that fails with its own sentence", async () => {
    await expect(askDaemon(path, "fail")).rejects.toThrow("it did not work out");
  });

  it("names the commands it knows when asked for another", async () => {
    await expect(askDaemon(path, "fly")).rejects.toThrow('unknown command "fly": the daemon knows count, echo, fail');
  });

  it("answers several requests of one connection in order", async () => {
    const received = await raw('{"command":"count","arguments":["2"]}\n{"command":"fail"}\n{"command":"count"}\n');
    expect(received).toEqual([
      { out: "1" },
      { out: "2" },
      { done: true },
      { error: "it did not work out" },
      { done: true },
    ]);
  });

  it.each([
    ["{", "the request is not JSON"],
    ["[]", "the request is not a JSON object"],
    ["{}", 'the request has no "command"'],
    ['{"command":"echo","arguments":[1]}', '"arguments" is not a list of strings'],
    ['{"command":"echo","options":[]}', '"options" is not an object'],
    ["\u0000\u0001\u0002", "the request is not JSON"],
  ])("refuses %j and goes on with the next request", async (line, sentence) => {
    const [first, ...rest] = await raw(`${line}\n{"command":"count","arguments":["1"]}\n`);
    expect(first).toEqual({ error: expect.stringContaining(sentence) });
    expect(rest).toEqual([{ out: "1" }, { done: true }]);
  });

  it("puts requests together that arrive in pieces, even inside a character", async () => {
    const bytes = Buffer.from('{"command":"echo","arguments":["ü"]}\n');
    const received = await raw(bytes.subarray(0, 32), bytes.subarray(32, 33), bytes.subarray(33));
    expect(received[0]).toEqual({ out: '{"words":["ü"],"options":{}}' });
  });

  it("refuses an oversize request, closes that connection and serves others on", async () => {
    const other = connect(path);
    await once(other, "connect");
    const received = await raw(`{"command":"${"x".repeat(LONGEST_LINE + 1)}`, "y".repeat(LONGEST_LINE));
    expect(received).toEqual([{ error: `a line is longer than ${LONGEST_LINE} bytes` }]);
    other.end('{"command":"count","arguments":["1"]}\n');
    expect(await messages(other)).toEqual([{ out: "1" }, { done: true }]);
  });

  it("survives a client that leaves in the middle of an answer", async () => {
    const socket = connect(path);
    socket.write('{"command":"count","arguments":["100000"]}\n');
    await once(socket, "data");
    socket.destroy();
    expect(await askDaemon(path, "count", ["1"])).toBe("1");
  });

  it("serves a slow answer and a quick one side by side", async () => {
    const slow = askDaemon(path, "count", ["20000"]);
    expect(await askDaemon(path, "count", ["1"])).toBe("1");
    expect((await slow).split("\n").length).toBe(20000);
  });

  it("can be reached by its owner only", async () => {
    const { statSync } = await import("node:fs");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("binding the control socket", () => {
  it("refuses a path where a living daemon answers", async () => {
    await expect(serveControl(path, ANSWERS)).rejects.toThrow(`another megaflow daemon already answers at ${path}`);
    expect(await askDaemon(path, "count", ["1"])).toBe("1");
  });

  it("takes over a socket that a dead daemon left behind", async () => {
    const stale = join(folder, "stale.sock");
    const { spawnSync } = await import("node:child_process");
    const script = `require("net").createServer().listen(${JSON.stringify(stale)},()=>process.kill(process.pid,"SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    expect(existsSync(stale)).toBe(true);
    const taken = await serveControl(stale, ANSWERS);
    expect(await askDaemon(stale, "count", ["1"])).toBe("1");
    await taken.close();
  });

  it("leaves no socket behind when it closes", async () => {
    const other = await serveControl(join(folder, "other.sock"), ANSWERS);
    await other.close();
    expect(existsSync(other.path)).toBe(false);
  });
});

describe("calling a daemon that is not there", () => {
  it("says how to start one", async () => {
    const nowhere = join(folder, "nowhere.sock");
    await expect(askDaemon(nowhere, "flows")).rejects.toMatchObject({
      exitCode: 3,
      message: `no megaflow daemon answers at ${nowhere}: start one with "megaflow daemon" or "megaflow lab up"`,
    });
  });
});
