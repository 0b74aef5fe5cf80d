/** A host that sends what it should not: the others notice nothing but a busier machine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../src/lab/lab.ts";
import { addNamespace, inNamespace, ip, removeNamespaces } from "../../src/lab/namespaces.ts";
import { CLIENT } from "../../src/lab/topology.ts";
import { sharedLab, withLab } from "./support/with-lab.ts";

const FLOOD = fileURLToPath(new URL("support/flood.ts", import.meta.url));
const DAEMON = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

interface Flooder {
  readonly namespace: string;
  readonly device: string;
  readonly address: string;
  /** Frames a second; undefined: as many as it can send. */
  readonly rate?: number;
}

/** More than the slow path translates, less than fills the ring of the port that the client's own frames come by. */
const PACED = 20_000;

/** Floods while `meanwhile` runs; how many frames went, and how many that was a second. */
async function flood(
  from: Flooder,
  kind: string,
  meanwhile: () => Promise<void>,
): Promise<{ sent: number; perSecond: number }> {
  const { namespace, device, address, rate } = from;
  const command = [process.execPath, FLOOD, device, address, kind, ...(rate === undefined ? [] : [String(rate)])];
  const [program, ...words] = inNamespace(namespace, command);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  await meanwhile();
  child.stdin.end();
  const [line] = (await once(lines, "line")) as [string];
  const [sent, perSecond] = line.split(" ").map(Number);
  return { sent, perSecond };
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

const clientOf = (lab: Lab): Flooder => ({
  namespace: lab.namespace("ns3"),
  device: lab.device(CLIENT),
  address: CLIENT.address,
  rate: PACED,
});

/** Another host on the client's switch, whose port lets any address pass. */
async function addNeighbour(lab: Lab): Promise<Flooder> {
  const neighbour = { namespace: `${lab.state.prefix}-ns4`, device: "veth8", address: "2.1.1.99" };
  const { namespace, device, address } = neighbour;
  await addNamespace(namespace);
  onTestFinished(() => removeNamespaces([namespace]));
  const mac = "aa:aa:aa:11:11:dd";
  if (lab.state.options.ports === "tap") {
    await lab.ask("ports add", [device], { kind: "tap", namespace, mac, "iface-id": "ls2-veth7" });
    onTestFinished(async () => void (await lab.ask("ports remove", [device])));
  } else {
    const home = lab.namespace("switch");
    const peer = ["peer", "name", device, "netns", namespace, "address", mac];
    await ip("-n", home, "link", "add", "veth7", "type", "veth", ...peer);
    await ip("-n", home, "link", "set", "veth7", "up");
    await lab.ask("ports add", ["veth7"], { kind: "system", "iface-id": "ls2-veth7" });
    onTestFinished(async () => void (await lab.ask("ports remove", ["veth7"])));
  }
  await ip("-n", namespace, "addr", "add", `${address}/24`, "dev", device);
  await ip("-n", namespace, "link", "set", device, "up");
  await lab.ask("nbctl", ["--may-exist", "lsp-add", "ls2", "ls2-veth7"]);
  await lab.ask("nbctl", ["lsp-set-addresses", "ls2-veth7", `${mac} ${address}`]);
  return neighbour;
}

describe.each(["tap", "veth"] as const)("over %s ports", (ports) => {
  const lab = sharedLab({ ports });

  it.each(["noise", "stations", "scan", "arp", "giants"])(
    "while the client's host floods the switch with %s, every curl of its own is answered",
    async (kind) => {
      const before = await received(lab());
      const { sent } = await flood(clientOf(lab()), kind, () => expectAnswers(lab(), 15));
      expect(sent).toBeGreaterThan(1000);
      expect((await received(lab())) - before).toBeGreaterThan(1000);
      expect(complaints(lab())).toEqual([]);
      expect(await lab().ask("groups")).toContain("bucket_id:1");
    },
  );

  it.each(["noise", "stations", "scan", "syns", "arp"])(
    "while a neighbour floods the switch with as much %s as it can send, every curl of the client is answered",
    async (kind) => {
      const neighbour = await addNeighbour(lab());
      const { perSecond } = await flood(neighbour, kind, () => expectAnswers(lab(), 15));
      // Its rate is that of the machine it shares with the switch: this only says that it did flood.
      expect(perSecond).toBeGreaterThan(5000);
      expect(complaints(lab())).toEqual([]);
    },
  );
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
