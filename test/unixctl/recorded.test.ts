/** What the real ovs-vswitchd answered, byte for byte. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, exchange, type ServedDaemon, serve } from "./client.ts";
import { TestDaemon } from "./test-daemon.ts";

const folder = new URL("../data/reference/unixctl/", import.meta.url);
const linesOf = (name: string): string[] => readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");

interface Exchange {
  readonly words: readonly unknown[];
  readonly reply: string;
}

describe("the control socket", () => {
  let served: ServedDaemon;
  beforeAll(async () => {
    served = await serve(await TestDaemon.start());
  });
  afterAll(() => served.close());

  const messages = linesOf("transcript.jsonl").map((line) => JSON.parse(line) as { dir: string; bytes: string });
  const requests = messages.filter(({ dir }) => dir === "c2s").map(({ bytes }) => bytes);
  const replies = messages.filter(({ dir }) => dir === "s2c").map(({ bytes }) => bytes);

  it("has five recorded exchanges", () => expect([requests.length, replies.length]).toEqual([5, 5]));

  it.each(requests.map((request, i) => [request, replies[i]]))("answers %s", async (request, reply) => {
    // Ports and counters are those of the host that was recorded.
    const comparable = (text: string): string =>
      text.replace(
        /"result":"netdev@ovs-netdev: hit:\d+ missed:\d+\\n {2}br-int:\\n.*?","error"/,
        '"result":…,"error"',
      );
    const answer = (await exchange(served.path, request)).replace("dummy@ovs-dummy", "netdev@ovs-netdev");
    expect(comparable(answer)).toBe(comparable(reply));
  });
});

const rules = [
  "table=0,priority=10,tcp actions=ct(table=1,zone=5)",
  "table=0,priority=1,udp actions=controller,mod_nw_tos:8,output:2",
  "table=0,priority=0 actions=drop",
  "table=1,priority=5,ct_state=+trk actions=output:3",
];

describe.each(["dpctl.jsonl", "switch.jsonl"])("asked what is recorded in %s", (file) => {
  let daemon: TestDaemon;
  let served: ServedDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
    if (file === "switch.jsonl") await daemon.lab.add(...rules);
    served = await serve(daemon);
  });
  afterAll(() => served.close());

  const exchanges = linesOf(file).map((line) => JSON.parse(line) as Exchange);
  // Answers depend on what was asked before, so the order is that of the recording.
  it.each(exchanges)("answers $words", async ({ words, reply }) => {
    expect(await ask(served.path, ...words)).toBe(reply);
  });
});

it("lists the commands that OVS lists", async () => {
  const served = await serve(await TestDaemon.start());
  const recorded = new URL("../data/reference/1-single-chassis/appctl-list-commands.txt", import.meta.url);
  const { result } = JSON.parse(await ask(served.path, "list-commands"));
  await served.close();
  expect(result).toBe(readFileSync(recorded, "utf8"));
});
