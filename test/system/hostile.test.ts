/** A host that sends what it should not: the others notice nothing but a busier machine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../src/lab/lab.ts";
import { inNamespace } from "../../src/lab/namespaces.ts";
import { CLIENT } from "../../src/lab/topology.ts";
import { sharedLab, withLab } from "./support/with-lab.ts";

const FLOOD = fileURLToPath(new URL("support/flood.ts", import.meta.url));
const DAEMON = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Floods from the client's device while `meanwhile` runs; how many frames went. */
async function flood(lab: Lab, kind: string, meanwhile: () => Promise<void>): Promise<number> {
  const [program, ...words] = inNamespace(lab.namespace("ns3"), [process.execPath, FLOOD, lab.device(CLIENT), kind]);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  await meanwhile();
  child.stdin.end();
  const [sent] = (await once(lines, "line")) as [string];
  return Number(sent);
}

interface Counters {
  readonly counters: { readonly drops: Record<string, number>; readonly packets: number };
}

async function received(lab: Lab): Promise<number> {
  return (JSON.parse(await lab.ask("stats", [], { json: true })) as Counters).counters.packets;
}

async function expectAnswers(lab: Lab, count: number): Promise<void> {
  const results = await lab.curls(count);
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
}

/** Lines of the daemon's log at level error or above. */
const complaints = (lab: Lab): string[] => lab.daemonLog.split("\n").filter((line) => /"level":[56]0/.test(line));

describe.each(["tap", "veth"] as const)("over %s ports, while the client's host floods the switch", (ports) => {
  const lab = sharedLab({ ports });

  it.each(["noise", "stations", "scan", "arp", "giants"])("with %s, every curl is answered", async (kind) => {
    const before = await received(lab());
    const sent = await flood(lab(), kind, () => expectAnswers(lab(), 15));
    expect(sent).toBeGreaterThan(1000);
    expect((await received(lab())) - before).toBeGreaterThan(1000);
    expect(complaints(lab())).toEqual([]);
    expect(await lab().ask("groups")).toContain("bucket_id:1");
  });
});

describe("changes of load balancers in a row", () => {
  it("cost no curl, and leave the rules as they were", async () => {
    await withLab({}, async (lab) => {
      const rules = async () => (await lab.ask("tables")).split("\n").length;
      const before = await rules();
      const names = Array.from({ length: 40 }, (_, i) => `other${i}`);
      const script = [
        ...names.map((name, i) => `lb-add ${name} 9.9.9.${i + 1}:80 1.1.1.100:80,1.1.1.200:80`),
        ...names.map((name) => `ls-lb-add ls1 ${name}`),
        ...names.map((name) => `lb-del ${name}`),
      ].join("\n");
      const changing = (async () => {
        for (let round = 0; round < 3; round++) await lab.ask("nbctl", [], { script });
      })();
      await expectAnswers(lab, 30);
      await changing;
      expect(await rules()).toBe(before);
      expect(await lab.ask("nbctl", ["lb-list"])).not.toContain("other");
    });
  });
});

describe("a daemon that was killed", () => {
  it("leaves nothing in the way of the next one", async () => {
    await withLab({}, async (lab) => {
      const answer = await lab.ask("nbctl", ["show"]);
      expect(answer).toContain("ls1-veth1");
      const [, pid] = /"pid":(\d+)/.exec(lab.daemonLog)!;
      process.kill(Number(pid), "SIGKILL");
      await expect.poll(() => lab.ask("stats").catch((error: Error) => error.message)).toContain("no megaflow daemon");
      await lab.start("switch", DAEMON, ["daemon"], { MEGAFLOW_RUNDIR: lab.state.directory });
      // Its devices went with it: the same names can be had again.
      await lab.ask("ports add", ["veth1"], { kind: "tap", namespace: lab.namespace("ns1") });
      expect(await lab.ask("ports")).toMatch(/veth1\s+tap/);
    });
  });
});
