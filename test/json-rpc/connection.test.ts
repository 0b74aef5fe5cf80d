import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, ConnectionLost, type ConnectionOptions, RemoteError } from "../../src/json-rpc/connection.ts";
import type { Json } from "../../src/json-rpc/message.ts";

const limits = { bytes: 10_000, depth: 20 };

let server: Server;
let peer: Socket;
let closed: string[];
let heard: [method: string, params: readonly Json[]][];

beforeEach(async () => {
  server = createServer();
  server.listen(join(tmpdir(), `json-rpc-test-${process.pid}-${performance.now()}.sock`));
  await once(server, "listening");
  closed = [];
  heard = [];
});

afterEach(() => {
  peer?.destroy();
  server.close();
});

/** Our side, with a raw socket on the other. */
async function open(options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const accepted = once(server, "connection");
  peer = connect(server.address() as string);
  const [socket] = (await accepted) as [Socket];
  const [ownClosed, ownHeard] = [closed, heard]; // a connection of the last test may still be closing
  return new Connection(
    socket,
    { limits, ...options },
    {
      request(connection, method, params, id) {
        if (method === "add") connection.reply(id, (params[0] as number) + (params[1] as number));
        else connection.refuse(id, `no ${method} here`);
      },
      notification: (method, params) => ownHeard.push([method, params]),
      closed: (reason) => ownClosed.push(reason),
    },
  );
}

async function said(): Promise<string> {
  const [chunk] = (await once(peer, "data")) as [Buffer];
  return chunk.toString();
}

describe("a JSON-RPC connection", () => {
  it("answers requests, in the form that ovs-appctl expects", async () => {
    await open();
    peer.write('{"id":7,"method":"add","params":[2,3]}');
    expect(await said()).toBe('{"id":7,"result":5,"error":null}');
    peer.write('{"id":"x","method":"sub","params":[]}');
    expect(await said()).toBe('{"id":"x","error":"no sub here"}');
  });

  it("answers an echo by itself", async () => {
    await open();
    peer.write('{"id":"echo","method":"echo","params":["a",1]}');
    expect(await said()).toBe('{"id":"echo","result":["a",1],"error":null}');
  });

  it("hands on notifications", async () => {
    await open();
    peer.write('{"id":null,"method":"update","params":[1]}{"method":"other","params":[]}');
    await vi.waitFor(() =>
      expect(heard).toEqual([
        ["update", [1]],
        ["other", []],
      ]),
    );
  });

  it("gives each request its own answer, in whatever order they come", async () => {
    const connection = await open();
    const [first, second] = [connection.request("a", []), connection.request("b", [{ c: 1 }])];
    expect(await said()).toBe('{"id":0,"method":"a","params":[]}{"id":1,"method":"b","params":[{"c":1}]}');
    peer.write('{"id":1,"result":"B","error":null}{"id":0,"result":null,"error":"refused"}{"id":9,"result":1}');
    expect(await second).toBe("B");
    await expect(first).rejects.toThrow(RemoteError);
    await expect(first).rejects.toThrow("a: refused");
  });

  it("tells waiting requests, and its owner once, when the peer leaves", async () => {
    const connection = await open();
    const waiting = connection.request("a", []);
    peer.end();
    await expect(waiting).rejects.toThrow(ConnectionLost);
    await vi.waitFor(() => expect(closed).toEqual(["connection closed by peer"]));
    await expect(connection.request("b", [])).rejects.toThrow(ConnectionLost);
  });

  it.each([
    ["no JSON at all", "hello"],
    ["no valid JSON", '{"id":}'],
    ["a message without id and method", '{"result":1}'],
    ["a method that is no text", '{"id":1,"method":5,"params":[]}'],
    ["params that are no list", '{"id":1,"method":"add","params":{}}'],
  ])("is closed, with the reason, at %s", async (_name, text) => {
    await open();
    peer.write(text);
    await once(peer, "close");
    await vi.waitFor(() => expect(closed).toHaveLength(1));
  });

  it("asks a silent peer for an echo, and gives it up when there is none", async () => {
    await open({ probeInterval: 20 });
    expect(await said()).toBe('{"id":0,"method":"echo","params":[]}');
    await vi.waitFor(() => expect(closed).toEqual(["no response to inactivity probe"]));
  });
});
