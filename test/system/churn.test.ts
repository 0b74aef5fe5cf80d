import { describe, expect, it } from "vitest";
import { type CurlResult, curl } from "../../src/lab/curl.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { CLIENT, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { withLab } from "./support/with-lab.ts";

const BOTH = SERVERS.map(({ address }) => `${address}:${WEB_PORT}`);
const [MASTER, SLAVER] = SERVERS.map(({ says }) => says);

/** Curls without pause until `stop`; every result is kept. */
function keepCurling(lab: Lab): { results: CurlResult[]; stop(): Promise<void> } {
  const results: CurlResult[] = [];
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      results.push(await curl({ namespace: lab.namespace("ns3"), url: lab.url, client: CLIENT.address }));
    }
  })();
  return {
    results,
    stop() {
      stopped = true;
      return running;
    },
  };
}

async function backends(lab: Lab, addresses: readonly string[]): Promise<void> {
  await lab.ask("nbctl", ["set", "Load_Balancer", "lb1", `vips:"${VIP}:${WEB_PORT}"="${addresses.join(",")}"`]);
}

/** Resolves once `results` holds `count` more than now. */
async function more(results: readonly CurlResult[], count: number): Promise<CurlResult[]> {
  const before = results.length;
  while (results.length < before + count) await new Promise((resolve) => setImmediate(resolve));
  return results.slice(before);
}

describe("backends that come and go while curls run", () => {
  it("cost no curl, and a removed one is chosen no more from the command's return on", async () => {
    await withLab({}, async (lab) => {
      const { results, stop } = keepCurling(lab);
      await more(results, 10);
      for (let round = 0; round < 3; round++) {
        await backends(lab, [BOTH[1]]);
        await more(results, 1); // the one that was under way
        expect(new Set((await more(results, 12)).map(({ answer }) => answer))).toEqual(new Set([SLAVER]));
        await backends(lab, BOTH);
        await more(results, 1);
        expect(new Set((await more(results, 40)).map(({ answer }) => answer))).toEqual(new Set([MASTER, SLAVER]));
      }
      await stop();
      expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    });
  });
});

describe("a command the northbound refuses", () => {
  it("changes nothing and costs no curl", async () => {
    await withLab({}, async (lab) => {
      const before = { show: await lab.ask("nbctl", ["lb-list"]), rules: await rules(lab) };
      const { results, stop } = keepCurling(lab);
      await more(results, 3);
      for (const words of [
        ["lb-add", "lb1", `${VIP}:${WEB_PORT}`, "1.1.1.300:8000"],
        ["lb-add", "lb2", "not an address", "1.1.1.100:8000"],
        ["ls-lb-add", "nosuchswitch", "lb1"],
        ["fly"],
        ["ls-add", "ls9", "--", "ls-add", "ls1"],
      ]) {
        await expect(lab.ask("nbctl", words)).rejects.toThrow(/.+/);
      }
      await more(results, 10);
      await stop();
      expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
      expect({ show: await lab.ask("nbctl", ["lb-list"]), rules: await rules(lab) }).toEqual(before);
    });
  });
});

/** The rules without their counters. */
async function rules(lab: Lab): Promise<string[]> {
  const lines = (await lab.ask("tables")).split("\n");
  return lines.map((line) => line.replace(/ (duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,/g, "")).sort();
}
