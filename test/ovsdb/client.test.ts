import { afterEach, describe, expect, it, vi } from "vitest";
import { Backoff } from "../../src/ovsdb/backoff.ts";
import { DatabaseClient } from "../../src/ovsdb/client.ts";
import { parseRemote } from "../../src/ovsdb/remote.ts";
import { Transaction } from "../../src/ovsdb/transaction.ts";
import { FakeServer, type FakeServerOptions } from "./support/fake-server.ts";
import { smallSchema } from "./support/schema.ts";

const ROOT = "00000000-0000-0000-0000-000000000001";
const BRIDGE = "00000000-0000-0000-0000-000000000002";
const tables = {
  Open_vSwitch: ["bridges", "next_cfg", "cur_cfg"],
  Bridge: ["name", "other_config", "fail_mode", "new"],
};

let server: FakeServer;
let client: DatabaseClient | undefined;
let log: string[];
let changes: number;

afterEach(async () => {
  client?.close();
  await server.close();
});

async function start(options: Partial<FakeServerOptions> = {}): Promise<DatabaseClient> {
  server = await FakeServer.start({ schema: smallSchema, ...options });
  server.tables.Open_vSwitch = { [ROOT]: { next_cfg: 3, bridges: ["uuid", BRIDGE] } };
  server.tables.Bridge = { [BRIDGE]: { name: "br0", other_config: ["map", [["a", "1"]]] } };
  log = [];
  changes = 0;
  const note = (text: string) => void log.push(text);
  client = new DatabaseClient({
    remote: server.remote,
    database: "Open_vSwitch",
    tables,
    lock: "ovs_vswitchd",
    log: { info: note, warn: note },
    changed: () => changes++,
    backoff: new Backoff(50),
  });
  const made = client;
  await vi.waitFor(() => expect(made.replica).toBeDefined());
  return made;
}

describe("a database client", () => {
  it.each([
    ["monitor_cond_since", []],
    ["monitor_cond", ["monitor_cond_since"]],
    ["monitor", ["monitor_cond_since", "monitor_cond"]],
  ])("copies the tables and follows them with %s", async (_method, unknown) => {
    const { replica } = await start({ unknown });
    expect(replica!.row("Bridge", BRIDGE)).toEqual({
      _uuid: BRIDGE,
      name: "br0",
      other_config: new Map([["a", "1"]]),
      fail_mode: undefined,
    });
    server.change({ Bridge: { [BRIDGE]: { other_config: ["map", [["b", "2"]]], fail_mode: "secure" } } });
    await vi.waitFor(() => expect(replica!.row("Bridge", BRIDGE)!.fail_mode).toBe("secure"));
    expect(replica!.row("Bridge", BRIDGE)!.other_config).toEqual(new Map([["b", "2"]]));
    server.change({ Open_vSwitch: { [ROOT]: { bridges: ["set", []] } }, Bridge: { [BRIDGE]: null } });
    await vi.waitFor(() => expect(replica!.row("Bridge", BRIDGE)).toBeUndefined());
    expect(replica!.row("Open_vSwitch", ROOT)!.bridges).toEqual(new Set());
  });

  it("asks for the columns that the server's schema has, and no others", async () => {
    await start();
    const [, params] = server.requests.find(([method]) => method === "monitor_cond_since")!;
    expect(params[2]).toMatchObject({ Bridge: [{ columns: ["name", "other_config", "fail_mode"] }] });
  });

  it("writes what differs from the copy only, and asserts its lock", async () => {
    const made = await start();
    const transaction = new Transaction(made.replica!);
    transaction.update("Open_vSwitch", ROOT, { cur_cfg: 3, next_cfg: 3 });
    transaction.update("Bridge", BRIDGE, { fail_mode: undefined, name: "br0" });
    transaction.update("Bridge", "00000000-0000-0000-0000-00000000dead", { name: "x" });
    transaction.insertPairs(
      "Bridge",
      BRIDGE,
      "other_config",
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    );
    expect(await made.transact(transaction)).toBe("written");
    expect(server.transactions).toEqual([
      [
        {
          op: "mutate",
          table: "Bridge",
          where: [["_uuid", "==", ["uuid", BRIDGE]]],
          mutations: [["other_config", "insert", ["map", [["b", "2"]]]]],
        },
        { op: "update", table: "Open_vSwitch", where: [["_uuid", "==", ["uuid", ROOT]]], row: { cur_cfg: 3 } },
        { op: "assert", lock: "ovs_vswitchd" },
      ],
    ]);
    expect(made.replica!.row("Open_vSwitch", ROOT)!.cur_cfg).toBe(3);
  });

  it("finds a transaction without differences empty", async () => {
    const made = await start();
    const transaction = new Transaction(made.replica!);
    transaction.update("Open_vSwitch", ROOT, { next_cfg: 3 });
    transaction.insertPairs("Bridge", BRIDGE, "other_config", new Map([["a", "1"]]));
    expect(transaction.isEmpty).toBe(true);
  });

  it("knows whether it has the lock, and hears of it when it changes", async () => {
    const made = await start({ lock: false });
    expect(made.hasLock).toBe(false);
    server.notify("locked", ["ovs_vswitchd"]);
    await vi.waitFor(() => expect(made.hasLock).toBe(true));
    server.notify("stolen", ["another"]);
    server.notify("stolen", ["ovs_vswitchd"]);
    await vi.waitFor(() => expect(made.hasLock).toBe(false));
  });

  it("takes updates that come in one packet with the contents they change", async () => {
    server = await FakeServer.start({ schema: smallSchema, unknown: [] });
    server.tables.Open_vSwitch = { [ROOT]: { next_cfg: 1 } };
    const answer = vi.spyOn(server, "notify");
    const made = new DatabaseClient({
      remote: server.remote,
      database: "Open_vSwitch",
      tables,
      lock: "l",
      log: { info() {}, warn() {} },
      changed: () => {},
    });
    client = made;
    await vi.waitFor(() => expect(server.requests.some(([method]) => method.startsWith("monitor"))).toBe(true));
    server.change({ Open_vSwitch: { [ROOT]: { next_cfg: 2 } } });
    expect(answer).toHaveBeenCalled();
    await vi.waitFor(() => expect(made.replica?.row("Open_vSwitch", ROOT)?.next_cfg).toBe(2));
  });

  it("tells once of what came together", async () => {
    await start();
    await vi.waitFor(() => expect(changes).toBe(1));
    for (let i = 0; i < 5; i++) server.change({ Open_vSwitch: { [ROOT]: { next_cfg: 10 + i } } });
    await vi.waitFor(() => expect(client!.replica!.row("Open_vSwitch", ROOT)!.next_cfg).toBe(14));
    await vi.waitFor(() => expect(changes).toBe(2));
  });

  it("connects again, with everything asked anew, and keeps its copy meanwhile", async () => {
    const made = await start();
    const old = made.replica;
    server.dropClients();
    await vi.waitFor(() => expect(made.isConnected).toBe(false), { interval: 1 });
    expect(made.replica).toBe(old);
    expect(await made.transact(new Transaction(old!))).toBe("lost");
    server.tables.Open_vSwitch[ROOT].next_cfg = 9;
    await vi.waitFor(() => expect(made.replica!.row("Open_vSwitch", ROOT)!.next_cfg).toBe(9));
    expect(log.filter((line) => line.endsWith("connected"))).toHaveLength(2);
  });

  it.each([
    ["an update of a table nobody asked for", '{"id":null,"method":"update3","params":["megaflow","0",{"Foo":{}}]}'],
    [
      "a change of a row that does not exist",
      `{"id":null,"method":"update3","params":["m","0",{"Bridge":{"x":{"modify":{}}}}]}`,
    ],
    [
      "a value of the wrong type",
      `{"id":null,"method":"update3","params":["m","0",{"Bridge":{"${BRIDGE}":{"modify":{"name":5}}}}]}`,
    ],
    ["no JSON", "what?"],
  ])("hangs up and asks anew after %s", async (_name, text) => {
    const made = await start();
    server.say(text);
    const asked = () => server.requests.filter(([method]) => method === "monitor_cond_since").length;
    await vi.waitFor(() => expect(asked()).toBe(2));
    await vi.waitFor(() => expect(made.replica!.row("Bridge", BRIDGE)!.name).toBe("br0"));
  });
});

describe("the wait before another attempt", () => {
  it("doubles up to 8 s while nothing comes of it", () => {
    const backoff = new Backoff();
    expect(Array.from({ length: 6 }, () => backoff.next(0))).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it("starts anew after a connection that lasted", () => {
    const backoff = new Backoff();
    for (let i = 0; i < 3; i++) backoff.next(0);
    expect(backoff.next(100)).toBe(8000);
    expect(backoff.next(9000)).toBe(1000);
  });
});

describe("a remote", () => {
  it.each([
    ["unix:/run/db.sock", { kind: "unix", path: "/run/db.sock" }],
    ["tcp:127.0.0.1:6641", { kind: "tcp", host: "127.0.0.1", port: 6641 }],
    ["tcp:[::1]:6642", { kind: "tcp", host: "::1", port: 6642 }],
    ["tcp:10.0.0.1", { kind: "tcp", host: "10.0.0.1", port: 6640 }],
  ])("is read as %s", (name, remote) => {
    expect(parseRemote(name)).toEqual(remote);
  });

  it.each(["unix:", "ssl:10.0.0.1:6640", "tcp:", "tcp:1.2.3.4:99999", "foo"])(
    "is refused in a sentence: %s",
    (name) => {
      expect(() => parseRemote(name)).toThrow(new RegExp(`^${name}: `));
    },
  );
});
