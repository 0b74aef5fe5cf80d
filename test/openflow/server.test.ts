import { readdirSync, renameSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, messages } from "../../src/openflow/messages/list.ts";
import { OpenFlowServer } from "../../src/openflow/server.ts";
import { OF10, OF13, OF14, OF15, type Version } from "../../src/openflow/wire/version.ts";
import { parseFlow } from "../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../src/slowpath/tables/group-text.ts";
import type { FlowMod } from "../../src/slowpath/tables/modification.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../model/frames.ts";
import { TestClient } from "./client.ts";
import { silentLog, TestServer } from "./test-server.ts";

const NO_BUFFER = 0xffff_ffff;

function flowMod(text: string, command: FlowMod["command"] = "add"): Message {
  const mod = parseFlow(text, command);
  return { type: "flow_mod", mod: { ...mod, table: text.includes("table=") ? mod.table : 0 }, buffer: NO_BUFFER };
}

const addresses = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
const frame = ethernet(0x0800, ipv4(addresses, 17, udp(addresses, 1000, 53, new Uint8Array(20))));
const flags = { atomic: true, ordered: true } as const;

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start(3);
});
afterEach(() => server.close());

const rules = (): string[] =>
  [...server.lab.bridge.tables.rules()].map(({ table, priority }) => `${table}:${priority}`);
/** Codes of the errors among messages. */
const errorsIn = (replies: readonly Message[]): (string | undefined)[] =>
  replies.flatMap((message) => (message.type === "error" ? [message.code] : []));

describe("a connection", () => {
  it.each([OF10, OF13, OF14, OF15])("speaks version %i when the peer's highest is that one", async (version) => {
    const client = await server.connect(version);
    const xid = client.send({ type: "echo_request", data: Uint8Array.of(1, 2, 3) });
    expect(await client.next()).toEqual({
      version,
      xid,
      message: { type: "echo_reply", data: Uint8Array.of(1, 2, 3) },
    });
  });

  it("is refused, and told why, when there is no version in common", async () => {
    server.server.setVersions([OF15]);
    const client = await server.connect(OF13);
    const { message } = await client.next();
    expect(message).toMatchObject({ type: "error", code: "OFPHFC_INCOMPATIBLE" });
    expect(Buffer.from((message as { data: Uint8Array }).data).toString()).toContain("We support OpenFlow 1.5");
    await client.ended();
  });

  it("is told of a message in another version than agreed", async () => {
    const client = await server.connect(OF15);
    client.sendBytes(Uint8Array.of(4, 2, 0, 8, 0, 0, 0, 9));
    // In the version of the message that was wrong.
    expect(await client.next()).toMatchObject({
      version: OF13,
      message: { type: "error", code: "OFPBRC_BAD_VERSION" },
    });
  });

  it("gets each error with the message it is about", async () => {
    const client = await server.connect(OF15);
    const xid = client.send(flowMod("priority=1,actions=group:9"));
    const reply = await client.next();
    expect(reply.xid).toBe(xid);
    expect(reply.message).toMatchObject({ type: "error", code: "OFPBAC_BAD_OUT_GROUP" });
    expect(messages.read((reply.message as { data: Uint8Array }).data).message.type).toBe("flow_mod");
  });

  it("is asked whether it is there, and given up when it says nothing", async () => {
    await server.close();
    server = await TestServer.start(1, { probeInterval: 30 });
    const client = await server.connect();
    expect((await client.next()).message.type).toBe("echo_request");
    await client.ended();
    expect(server.logged.map(({ message }) => message)).toContain("no response to inactivity probe, disconnecting");
  });

  it("does not hold up others while it does not read its replies", async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => flowMod(`priority=${i + 1},reg0=${i},actions=output:1`));
    const client = await server.connect();
    for (const line of lines) client.send(line);
    expect(await client.replies()).toEqual([]);
    const deaf = await server.connect();
    deaf.socket.pause();
    const query = { table: 255, match: parseFlow("", "delete").match, cookie: 0n, cookieMask: 0n };
    const request = messages.write({ version: OF15, xid: 1, message: { type: "barrier_request" } })[0];
    for (let i = 0; i < 400; i++) deaf.sendBytes(flowRequest(query));
    for (let i = 0; i < 20; i++) {
      client.sendBytes(request);
      expect((await client.next()).message.type).toBe("barrier_reply");
    }
    // What waits for the deaf one is bounded, whatever it asks for.
    expect(process.memoryUsage().rss).toBeLessThan(1.5e9);
  });
});

/** A request for all rules: requests are only read by the switch's side of the codec, so it is made by hand. */
function flowRequest({ table }: { table: number }): Uint8Array {
  const bytes = Buffer.alloc(56);
  bytes.set([6, 18, 0, 56, 0, 0, 0, 7, 0, 1]);
  bytes[16] = table;
  bytes.fill(0xff, 20, 28);
  bytes.set([0, 1, 0, 4], 48);
  return new Uint8Array(bytes);
}

describe("changes", () => {
  it("are in force when the barrier behind them is answered", async () => {
    const client = await server.connect();
    client.send(flowMod("priority=1,in_port=1,actions=output:2"));
    expect(await client.replies()).toEqual([]);
    expect(server.lab.portsOf(1, frame)).toEqual([2]);
    client.send(flowMod("priority=1,in_port=1,actions=output:3", "modify_strict"));
    expect(await client.replies()).toEqual([]);
    expect(server.lab.portsOf(1, frame)).toEqual([3]);
  });

  it("in a bundle happen at its commit, all of them", async () => {
    const client = await server.connect();
    const control = (step: "open_request" | "commit_request"): Message => ({
      type: "bundle_control",
      id: 4,
      control: step,
      ...flags,
    });
    const add = (message: Message): void => {
      const xid = client.send({
        type: "bundle_add",
        id: 4,
        added: { version: OF15, xid: 101 + added++, message },
        bytes: new Uint8Array(),
        ...flags,
      });
      expect(xid).toBeGreaterThan(0);
    };
    let added = 0;
    client.send(control("open_request"));
    add({ type: "group_mod", mod: parseGroup("group_id=1,type=all,bucket=output:2,bucket=output:3") });
    add(flowMod("priority=1,in_port=1,actions=group:1"));
    expect((await client.replies()).map(({ type }) => type)).toEqual(["bundle_control"]);
    expect(rules()).toEqual([]);
    client.send(control("commit_request"));
    expect(await client.replies()).toMatchObject([{ type: "bundle_control", control: "commit_reply" }]);
    expect(server.lab.portsOf(1, frame)).toEqual([2, 3]);
  });

  it("of the last table are refused, in a bundle when they are added to it", async () => {
    const client = await server.connect();
    client.send(flowMod("table=254,actions=drop"));
    expect(errorsIn(await client.replies())).toEqual(["OFPBRC_EPERM"]);
    const added = { version: OF15, xid: 7, message: flowMod("table=254,actions=drop") };
    client.send({ type: "bundle_add", id: 1, added, bytes: new Uint8Array(), ...flags });
    expect(errorsIn(await client.replies())).toEqual(["OFPBRC_EPERM"]);
    client.send(flowMod("table=254", "delete"));
    expect(errorsIn(await client.replies())).toEqual([]);
  });

  it("in a bundle that nobody goes on with are dropped, and that is told", async () => {
    const client = await server.connect();
    client.send({ type: "bundle_control", id: 1, control: "open_request", ...flags });
    expect(await client.replies()).toMatchObject([{ control: "open_reply" }]);
    server.lab.datapath.advanceTime(11_000);
    server.lab.switch.sweep();
    client.send({ type: "bundle_control", id: 1, control: "commit_request", ...flags });
    expect(errorsIn(await client.replies())).toEqual(["OFPBFC_TIMEOUT", "OFPBFC_BAD_ID"]);
  });

  it("in a bundle are none when one is refused, which is told with its own message", async () => {
    const client = await server.connect();
    for (const [i, text] of ["priority=1,actions=output:1", "priority=2,actions=group:7"].entries()) {
      client.send({
        type: "bundle_add",
        id: 1,
        added: { version: OF15, xid: i, message: flowMod(text) },
        bytes: new Uint8Array(),
        ...flags,
      });
    }
    client.send({ type: "bundle_control", id: 1, control: "commit_request", ...flags });
    expect(errorsIn(await client.replies())).toEqual(["OFPBAC_BAD_OUT_GROUP", "OFPBFC_MSG_FAILED"]);
    expect(rules()).toEqual([]);
    client.send({ type: "bundle_control", id: 1, control: "commit_request", ...flags });
    expect(errorsIn(await client.replies())).toEqual(["OFPBFC_BAD_ID"]);
  });

  it("of secondaries are refused, and primaries make secondaries of each other", async () => {
    const path = join(server.directory, "controllers");
    server.server.setControllers([]);
    const [one, two] = await controllers(path, 2);
    one.send({ type: "role_request", role: "primary", generation: 5n });
    expect((await one.next()).message).toMatchObject({ role: "primary", generation: 5n });
    two.send({ type: "role_request", role: "primary", generation: 6n });
    expect((await two.next()).message).toMatchObject({ role: "primary", generation: 6n });
    expect((await one.next()).message).toMatchObject({
      type: "role_status",
      role: "secondary",
      reason: "primary_request",
    });
    one.send(flowMod("priority=1,actions=output:1"));
    expect(errorsIn(await one.replies())).toEqual(["OFPBRC_IS_SECONDARY"]);
    one.send({ type: "role_request", role: "primary", generation: 4n });
    expect(errorsIn(await one.replies())).toEqual(["OFPRRFC_STALE"]);
    for (const controller of [one, two]) controller.close();
  });
});

/** Controllers that the bridge connects to, each on a socket of its own. */
async function controllers(path: string, count: number, version: Version = OF15): Promise<TestClient[]> {
  const accepted = Array.from({ length: count }, (_, i) => acceptOne(`${path}${i}`, version));
  server.server.setControllers(Array.from({ length: count }, (_, i) => ({ target: `unix:${path}${i}` })));
  return Promise.all(accepted);
}

async function acceptOne(path: string, version: Version): Promise<TestClient> {
  const listener = createServer();
  const socket = await new Promise<Socket>((resolve) => {
    listener.once("connection", resolve).listen(path);
  });
  listener.close();
  const client = new TestClient(socket, version);
  client.send({ type: "hello" });
  await client.next();
  return client;
}

/** A peer that wants packet-ins and the like. */
async function listener(version: Version = OF15): Promise<TestClient> {
  const client = await server.connect(version);
  client.send({ type: "nx_set_packet_in_format", format: "nxt_packet_in2" });
  client.sendBytes(
    messages.write({
      version,
      xid: 1,
      message: { type: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength: 0xffff },
    })[0],
  );
  expect(await client.replies()).toEqual([]);
  return client;
}

/** Why the packets came that have come since last time. */
async function packetsOf(client: TestClient): Promise<string[]> {
  return (await client.replies()).flatMap((message) => (message.type === "nx_packet_in2" ? [message.reason] : []));
}

describe("packets", () => {
  it("for the controller come with userdata and the pipeline's fields to those who asked", async () => {
    const client = await listener();
    const other = await server.connect();
    await server.lab.add("priority=1,in_port=1 actions=set_field:7->reg3,controller(userdata=0a.0b)");
    server.lab.send(1, frame);
    const { message } = await client.next();
    expect(message).toMatchObject({ type: "nx_packet_in2", reason: "action", table: 0, length: frame.length });
    expect(message).toMatchObject({ frame, userdata: Uint8Array.of(0x0a, 0x0b) });
    expect(await other.replies()).toEqual([]);
  });

  it("that a controller sends go through its actions and the tables", async () => {
    const client = await server.connect();
    await server.lab.add("table=5,priority=1,reg1=9 actions=output:3");
    const metadata = parseFlow("in_port=CONTROLLER,reg1=9", "delete").match;
    client.send({
      type: "packet_out",
      buffer: NO_BUFFER,
      metadata,
      actions: [
        { type: "output", port: 2 },
        { type: "resubmit", table: 5 },
      ],
      frame,
    });
    expect(await client.replies()).toEqual([]);
    expect(server.lab.sendAll([])).toEqual([2, 3].map((port) => `${port}:${Buffer.from(frame).toString("hex")}`));
  });

  it("that were paused go on where they stopped, with what the controller made of them", async () => {
    const client = await listener();
    await server.lab.add(
      "priority=1,in_port=1 actions=set_field:5->reg2,push:NXM_NX_REG2[],controller(pause),pop:NXM_NX_REG4[],resubmit(,7)",
      "table=7,priority=1,reg2=5,reg4=5,reg9=8 actions=output:2",
    );
    expect(server.lab.send(1, frame)).toEqual([]);
    const { message } = await client.next();
    if (message.type !== "nx_packet_in2") throw new Error(`a ${message.type} came`);
    const changed = frame.slice();
    changed[changed.length - 1] ^= 0xff;
    const metadata = parseFlow("in_port=1,reg2=5,reg9=8", "delete").match;
    client.send({ ...message, type: "nx_resume", frame: changed, metadata });
    expect(await client.replies()).toEqual([]);
    expect(server.lab.sendAll([])).toEqual([`2:${Buffer.from(changed).toString("hex")}`]);
  });

  it("that another switch had paused are refused", async () => {
    const client = await listener();
    await server.lab.add("priority=1,in_port=1 actions=controller(pause),output:2");
    server.lab.send(1, frame);
    const { message } = await client.next();
    if (message.type !== "nx_packet_in2" || !message.continuation) throw new Error("nothing was paused");
    const continuation = { ...message.continuation, bridge: new Uint8Array(16) };
    client.send({ ...message, type: "nx_resume", continuation });
    expect(errorsIn(await client.replies())).toEqual(["NXR_STALE"]);
  });
});

describe("whoever listens", () => {
  it("hears of ports that come, change and go", async () => {
    const client = await listener();
    await server.lab.switch.ports.add({ kind: "test", name: "p9" }, { ofport: 9 });
    await server.lab.switch.ports.remove("p9");
    const heard = (await client.replies()).filter((message) => message.type === "port_status");
    expect(heard.map(({ reason, port }) => `${reason} ${port.number} ${port.name}`)).toEqual([
      "add 9 p9",
      "modify 9 p9",
      "delete 9 p9",
    ]);
    // Whether the port is alive is found out after it was told of.
    expect(heard.map(({ port }) => port.live)).toEqual([false, true, true]);
  });

  it("before 1.3 gets the packets that no rule matches, unless it says otherwise", async () => {
    const client = await listener(OF10);
    server.lab.send(1, frame);
    expect(await packetsOf(client)).toEqual(["no_match"]);
    const later = await listener(OF13);
    server.lab.send(1, frame);
    expect(await packetsOf(client)).toEqual(["no_match"]);
    expect(await packetsOf(later)).toEqual([]);
    client.send({ type: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength: 0 });
    expect(await client.replies()).toEqual([]);
    server.lab.send(1, frame);
    expect(await packetsOf(client)).toEqual([]);
  });

  it("hears what others do to groups, when it wants to", async () => {
    const client = await listener();
    const other = await server.connect();
    // SET_ASYNC: request forwards of both kinds, as primary or equal.
    client.sendBytes(Uint8Array.of(6, 28, 0, 16, 0, 0, 0, 1, 0, 11, 0, 8, 0, 0, 0, 3));
    expect(errorsIn(await client.replies())).toEqual([]);
    other.send({ type: "group_mod", mod: parseGroup("group_id=7,type=all,bucket=actions=output:2", "add") });
    expect(errorsIn(await other.replies())).toEqual([]);
    expect(await client.replies()).toMatchObject([
      { type: "request_forward", request: { message: { type: "group_mod", mod: { command: "add", id: 7 } } } },
    ]);
  });

  it("hears when a table fills up and empties, if it wants to", async () => {
    const client = await listener(OF14);
    server.lab.bridge.tables.configure(0, { name: "", flowLimit: 10, evicts: false, groups: [] }, 0);
    // SET_ASYNC: table status, as primary or equal. TABLE_MOD: table 0, tell below 20 and above 80 per cent.
    client.sendBytes(Uint8Array.of(5, 28, 0, 16, 0, 0, 0, 1, 0, 9, 0, 8, 0, 0, 0, 0x18));
    client.sendBytes(Uint8Array.of(5, 17, 0, 24, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 3, 0, 8, 20, 80, 0, 0));
    expect(await client.settle()).toEqual([]);
    for (let i = 1; i <= 10; i++) await server.lab.add(`in_port=${i} actions=drop`);
    await server.lab.switch.apply([parseFlow("", "delete")]);
    const told = (await client.settle()).filter(([, type]) => type === 31);
    // Reason, vacancy down or up; the last property's third byte says how much is left.
    expect(told.map((bytes) => [bytes[8], bytes.at(-2)])).toEqual([
      [3, 10],
      [4, 100],
    ]);
  });

  it("hears of rules that end, when the rule says so, and why", async () => {
    const path = join(server.directory, "controller");
    const [client] = await controllers(path, 1, OF13);
    client.send(flowMod("priority=3,idle_timeout=5,send_flow_rem,in_port=1,actions=drop"));
    client.send(flowMod("priority=4,in_port=2,actions=drop"));
    expect(await client.replies()).toEqual([]);
    server.lab.datapath.advanceTime(6000);
    server.lab.switch.sweep();
    client.send(flowMod("", "delete"));
    // FLOW_REMOVED, priority 3, for its idle timeout.
    const [told, ...more] = await client.settle();
    expect([told[1], (told[16] << 8) | told[17], told[18]]).toEqual([11, 3, 0]);
    expect(more).toEqual([]);
    client.close();
  });

  it("gets nothing of all that on a service connection before it asks for bytes of packets", async () => {
    const client = await server.connect();
    await server.lab.add("priority=1 actions=CONTROLLER");
    server.lab.send(1, frame);
    await server.lab.switch.ports.remove("p3");
    expect(await client.replies()).toEqual([]);
  });
});

describe("controllers", () => {
  it("are called again when they come back", async () => {
    const path = join(server.directory, "again");
    const first = acceptOne(path, OF15);
    server.server.setControllers([{ target: `unix:${path}`, maxBackoff: 10 }]);
    (await first).close();
    const second = await acceptOne(path, OF15);
    expect(await second.replies()).toEqual([]);
    expect(server.server.controllerStatus(`unix:${path}`)).toMatchObject({ connected: true, state: "ACTIVE" });
    second.close();
  });

  it("may call at a passive target", async () => {
    const path = join(server.directory, "passive");
    expect(server.server.setControllers([{ target: `punix:${path}` }]).size).toBe(0);
    await expect.poll(() => server.connect(OF14, path).catch(() => undefined)).toBeTruthy();
  });

  it("of a kind that does not exist are complained about", () => {
    const complaints = server.server.setControllers([{ target: "ssl:1.2.3.4" }]);
    expect(complaints.get("ssl:1.2.3.4")).toContain("not supported");
  });

  it("are overheard by whoever connects to the snoop socket", async () => {
    const [controller] = await controllers(join(server.directory, "snooped"), 1);
    expect(await controller.replies()).toEqual([]);
    const snoop = await server.connect(OF15, join(server.directory, `${server.lab.bridge.name}.snoop`));
    // The snooper's HELLO is read before it hears anything.
    await expect.poll(() => [...server.server.agent.sessions].some(({ snoopers }) => snoopers.size > 0)).toBe(true);
    controller.send(flowMod("priority=7,actions=output:1"));
    expect(await controller.replies()).toEqual([]);
    expect((await snoop.next()).message).toMatchObject({ type: "flow_mod", mod: { priority: 7 } });
    expect((await snoop.next()).message.type).toBe("barrier_request");
    expect((await snoop.next()).message.type).toBe("barrier_reply");
    controller.close();
  });
});

describe("sockets", () => {
  /** Another server for the same bridge name, in the same directory. */
  const another = (): OpenFlowServer =>
    new OpenFlowServer({
      switch: server.lab.switch,
      bridgeName: server.lab.bridge.name,
      directory: server.directory,
      log: silentLog,
    });

  it("of a live switch are left alone", async () => {
    const second = another();
    await expect(second.ready).rejects.toThrow("EADDRINUSE");
    await second.close();
    await expect(server.connect()).resolves.toBeTruthy();
  });

  it("that a dead switch left behind are taken over", async () => {
    await server.server.close();
    const dead = createServer();
    await new Promise<void>((resolve) => void dead.listen(`${server.path}.dead`, resolve));
    renameSync(`${server.path}.dead`, server.path);
    await new Promise((resolve) => dead.close(resolve));
    const second = another();
    await second.ready;
    await expect(server.connect()).resolves.toBeTruthy();
    await second.close();
  });

  it("are gone after close", async () => {
    await server.server.close();
    expect(readdirSync(server.directory)).toEqual([]);
  });
});
