/** Whatever a client sends, it gets an answer or is disconnected, and the next client is served. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { COMMANDS } from "../../src/unixctl/commands/list.ts";
import { ask, exchange, type ServedDaemon, serve } from "./client.ts";
import { TestDaemon } from "./test-daemon.ts";

let served: ServedDaemon;
let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  served = await serve(daemon);
});
afterAll(() => served.close());

const isAlive = async (): Promise<boolean> => (await ask(served.path, "version")).includes("3.1.0");

/** An object that never ends keeps its client waiting; what follows makes it end. */
const END = Buffer.from('"}]}"}]}\u0000');

/** All but those that end the daemon or make it talk to the terminal. */
const requests = COMMANDS.map(({ name }) => name).filter((name) => name !== "exit" && name !== "vlog/set");
const word = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "br-int",
    "p1",
    "zone=5",
    "dummy@ovs-dummy",
    "-m",
    "--names",
    "in_port=p1,tcp",
    "in_port(2),eth_type(0x0800)",
    "-generate",
    "--ct-next",
    "trk,new",
    "ct_nw_src=10.0.0.1",
    "4294967296",
    "-1",
    "0x",
    "output:2",
    "group:1",
    "(((",
    "ufid:",
  ),
  fc.stringMatching(/^[a-z_]{1,8}[=(][0-9a-z.:/,()]{0,12}$/),
);

it("bytes that are no JSON-RPC", { timeout: 30_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      await exchange(served.path, Buffer.concat([bytes, END]));
    }),
    { numRuns: 300 },
  );
  expect(await isAlive()).toBe(true);
});

it("requests that are cut, or have a byte changed", { timeout: 30_000 }, async () => {
  const whole = Buffer.from(JSON.stringify({ id: 1, method: "dpctl/dump-flows", params: ["-m"] }));
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
      const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
      if (!cut) bytes[at] = byte;
      await exchange(served.path, Buffer.concat([bytes, END]));
    }),
    { numRuns: 300 },
  );
  expect(await isAlive()).toBe(true);
});

it("messages of the wrong shape", async () => {
  for (const message of [
    {},
    { id: 1 },
    { id: 1, method: 5, params: [] },
    { id: 1, method: "version" },
    { id: 1, method: "version", params: {} },
    { id: null, method: "version", params: [] },
    { id: 1, result: "unasked" },
    { id: 1, method: "version", params: [{ deep: [[[]]] }] },
  ]) {
    await exchange(served.path, Buffer.concat([Buffer.from(JSON.stringify(message)), END]));
  }
  expect(await isAlive()).toBe(true);
});

it("an object without an end, longer than any request", async () => {
  await exchange(served.path, Buffer.from(`{"id":0,"method":"${"x".repeat(2 << 20)}`));
  expect(await isAlive()).toBe(true);
});

it("commands with arguments of all sorts answer with a text or an error", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...requests), fc.array(word, { maxLength: 4 }), async (name, words) => {
      // A file of this machine is nothing to read in a test.
      if (/flows$/.test(name) && name.startsWith("dpctl/") && words.some((text) => text.includes("/"))) return;
      const answer = JSON.parse(await ask(served.path, name, ...words));
      expect(typeof (answer.error ?? answer.result)).toBe("string");
      // A fault of ours would speak JavaScript.
      expect(answer.error ?? "").not.toMatch(/undefined|not a function|of null|is not iterable|\[object/);
    }),
    { numRuns: 1500 },
  );
  expect(await isAlive()).toBe(true);
});
