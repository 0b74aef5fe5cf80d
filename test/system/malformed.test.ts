/** 10,000 messages gone wrong, at the doors of the running switch: it answers or hangs up, says so in its log, and forwards all the while. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inNamespace } from "../../src/lab/namespaces.ts";
import { runProgram } from "../../src/lab/run-program.ts";
import { messages } from "../../src/openflow/messages/list.ts";
import { OpenFlowError } from "../../src/openflow/wire/errors.ts";
import { COMMANDS } from "../../src/unixctl/commands/list.ts";
import { TestClient } from "../openflow/client.ts";
import { mutate, randomNumbers } from "../openflow/mutations.ts";
import { recordings } from "../openflow/recordings.ts";
import { exchange } from "../unixctl/client.ts";
import { DatabaseBetween } from "./support/database-between.ts";
import { PROGRAM, World } from "./support/with-vswitchd.ts";

const OPENFLOW = 4000;
const UNIXCTL = 3000;
const OVSDB = 3000;
const ERROR = 1;

let world: World;
let between: DatabaseBetween;
let pinging: ChildProcess;
let pinged = "";

beforeAll(async () => {
  world = new World();
  await world.create();
  between = await DatabaseBetween.start(world.file("between.sock"), world.file("db.sock"));
  await world.run(
    ...[PROGRAM, `unix:${world.file("between.sock")}`, "--detach", "--no-chdir", "--pidfile", "--log-file"],
  );
  const host = await world.addHost("p1", "10.0.0.1/24");
  await world.addHost("p2", "10.0.0.2/24");
  await world.vsctl("add-br", "br0", "--", "add-port", "br0", "p1", "--", "add-port", "br0", "p2");
  const ping = (...words: string[]) => inNamespace(host, ["ping", "-q", ...words, "10.0.0.2"]);
  await vi.waitFor(() => runProgram(ping("-c", "1", "-W", "1")), { timeout: 10_000 });
  const [command, ...words] = ping("-i", "0.02");
  pinging = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  pinging.stdout!.on("data", (text) => {
    pinged += text;
  });
});
afterAll(async () => {
  pinging?.kill("SIGKILL");
  between?.close();
  await world.remove();
});

/** Lines of the log in which the words are. */
const logged = (words: string): string[] => world.log.split("\n").filter((line) => line.includes(words));

describe("OpenFlow", () => {
  const samples = recordings().flatMap((recording) =>
    recording.messages.filter(({ direction }) => direction === "c2s").map(({ bytes }) => bytes),
  );

  function* malformed(count: number): Generator<Uint8Array> {
    const random = randomNumbers(4711);
    for (let made = 0; made < count; ) {
      const bytes = mutate(samples[random(samples.length)], random);
      bytes[0] = 6;
      try {
        messages.read(bytes);
      } catch (error) {
        if (!(error instanceof OpenFlowError)) throw error;
        made++;
        yield bytes;
      }
    }
  }

  it(`${OPENFLOW} messages that cannot be read get an error each, or the connection is closed`, async () => {
    let client: TestClient | undefined;
    let unanswered = new Map<number, Uint8Array>();
    let errors = 0;
    let closed = 0;
    let xid = 1;

    const settle = async (): Promise<void> => {
      if (!client) return;
      const barrier = client.send({ type: "barrier_request" }, 0xffff_fff0);
      for (let bytes = await client.nextBytes(); ; bytes = await client.nextBytes()) {
        if (bytes === undefined) {
          closed++;
          unanswered.clear();
          client = undefined;
          return;
        }
        const id = Buffer.from(bytes).readUInt32BE(4);
        if (bytes[1] === ERROR && unanswered.delete(id)) errors++;
        if (id === barrier) break;
      }
      expect([...unanswered.values()].map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual([]);
    };

    for (const bytes of malformed(OPENFLOW)) {
      client ??= await TestClient.connect(world.file("br0.mgmt"));
      Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32BE(++xid, 4);
      unanswered.set(xid, bytes);
      client.sendBytes(bytes);
      if (unanswered.size === 40) await settle();
    }
    await settle();
    client?.close();
    unanswered = new Map();
    console.log(`${errors} errors, ${closed} connections closed`);
    expect(errors).toBeGreaterThan(OPENFLOW * 0.9);
    // One for each mistake, but only so many a second.
    expect(logged("sent a message that was refused").length).toBeGreaterThan(3);
  });

  it.each([
    ["a length shorter than a header", Uint8Array.of(6, 2, 0, 4, 0, 0, 0, 0)],
    ["what is no OpenFlow", Buffer.from("GET / HTTP/1.1\r\n".repeat(5000))],
    ["a request in a version that was not agreed on", Uint8Array.of(4, 7, 0, 8, 0, 0, 0, 1)],
  ])("refuses %s, or hangs up", async (_, bytes) => {
    const client = await TestClient.connect(world.file("br0.mgmt"));
    client.sendBytes(bytes);
    expect((await client.nextBytes())?.[1] ?? ERROR).toBe(ERROR);
    client.close();
  });

  it("a message that never ends keeps nobody else from being served", async () => {
    const slow = await TestClient.connect(world.file("br0.mgmt"));
    slow.sendBytes(Uint8Array.of(6, 14, 0xff, 0xff, 0, 0, 0, 1, 0, 0));
    const other = await TestClient.connect(world.file("br0.mgmt"));
    expect(await other.replies()).toEqual([]);
    for (const client of [slow, other]) client.close();
  });
});

describe("unixctl", () => {
  const path = (): string => world.file(`ovs-vswitchd.${world.pid}.ctl`);
  /** What waits for its end gets it. */
  const END = Buffer.from('"}]}"}]}\u0000');

  it(`${UNIXCTL} requests that are none are refused, or the connection is closed`, async () => {
    const random = randomNumbers(99);
    const names = COMMANDS.map(({ name }) => name).filter(
      (name) => !/^(exit|vlog|dpctl\/(add|del|mod|set))/.test(name),
    );
    for (let i = 0; i < UNIXCTL; i++) {
      const whole = Buffer.from(
        JSON.stringify({ id: i, method: names[random(names.length)], params: ["-m", "br0", "((("] }),
      );
      const bytes = [
        () => Buffer.from(Array.from({ length: 1 + random(100) }, () => random(256))),
        () => whole.subarray(0, 1 + random(whole.length - 1)),
        () => Buffer.from(JSON.stringify({ id: i, method: random(2) ? i : undefined, params: random(2) ? {} : i })),
        () => Buffer.from(JSON.stringify({ id: i, method: `no/such-${i}`, params: [] })),
        () => whole,
      ][i % 5]();
      const answer = await exchange(path(), Buffer.concat([bytes, END]));
      if (answer !== "") expect(JSON.parse(answer)).toHaveProperty("error");
    }
    expect(logged("|unixctl|").length).toBeGreaterThan(10);
  });
});

describe("the database", () => {
  it(`${OVSDB} messages that nobody has asked for are refused or passed over`, async () => {
    const odd = [
      (id: number) => ({ id, method: `no_such_${id}`, params: [id] }),
      (id: number) => ({ id: `unknown ${id}`, result: [{}], error: null }),
      (id: number) => ({ id: null, method: `update${id + 9}`, params: [null, {}] }),
    ];
    for (let i = 0; i < OVSDB; i++) between.say(JSON.stringify(odd[i % odd.length](i)));
    await vi.waitFor(() => expect(between.refusals).toBe(OVSDB / odd.length), { timeout: 20_000 });
    expect(between.connections).toBe(1);
    await world.vsctl("set", "Bridge", "br0", "external_ids:still=here");
  });

  it.each([
    [
      "an update whose rows are none",
      '{"id":null,"method":"update3","params":[["monid","Open_vSwitch"],"x",{"Bridge":5}]}',
    ],
    ["what is no JSON", "}{"],
  ])("the switch hangs up on %s, and connects again", async (_, text) => {
    const before = between.connections;
    between.say(text);
    await vi.waitFor(() => expect(between.connections).toBe(before + 1), { timeout: 20_000 });
    await world.vsctl("set", "Bridge", "br0", "external_ids:again=here");
    expect(logged("connection dropped").length).toBeGreaterThan(0);
  });
});

it("the switch has forwarded all the while", async () => {
  pinging.kill("SIGINT"); // it prints its account
  await once(pinging, "close");
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(pinged)!;
  console.log(`${received} of ${sent} echoes came back`);
  expect(Number(sent)).toBeGreaterThan(100);
  expect(Number(received)).toBeGreaterThanOrEqual(Number(sent) - 1); // the last may be under way
});
