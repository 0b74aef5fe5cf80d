import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CurlResult } from "../../src/lab/curl.ts";
import { SERVERS } from "../../src/lab/topology.ts";
import { judge } from "../../src/lab/verdict.ts";
import { withLab } from "./support/with-lab.ts";

const SAYS = SERVERS.map(({ says }) => says);

/** The servers each client met. */
function serversByClient(results: readonly CurlResult[]): Map<string, Set<string | undefined>> {
  const met = new Map<string, Set<string | undefined>>();
  for (const { client, answer } of results) met.set(client, (met.get(client) ?? new Set()).add(answer));
  return met;
}

/** Client and server, as real OVN's switch chose with the same addresses: the hash is the same to the bit. */
function recordedChoices(): string[][] {
  const file = new URL("../data/reference/3-selection-fields/ip_src/by-source.txt", import.meta.url);
  const lines = readFileSync(file, "utf8").split("\n");
  const pairs = lines.map((line) => /^(2\.1\.1\.\d+) (master|slaver) /.exec(line)).filter((match) => match !== null);
  return pairs.map(([, client, server]) => [client, `i am ${server}`]);
}

describe.each(["one-pass", "recirculate"] as const)("choosing a server, groups selected %s", (select) => {
  it("by dp_hash spreads the connections of one client over both", async () => {
    await withLab({ select }, async (lab) => {
      const verdict = judge(await lab.curls(60), SAYS, []);
      expect(verdict.faults).toEqual([]);
      expect(verdict.spread?.pValue).toBeGreaterThan(1e-6);
    });
  });

  it("by ip_src keeps one client with one server, and spreads 32 clients over both", async () => {
    await withLab({ select, selectionFields: ["ip_src"], clients: 32 }, async (lab) => {
      const results = await lab.curls(96);
      const verdict = judge(results, SAYS, ["ip_src"]);
      expect(verdict.faults).toEqual([]);
      const met = serversByClient(results);
      expect(met.size).toBe(32);
      expect([...met.values()].every((servers) => servers.size === 1)).toBe(true);
      expect([...met].map(([client, [server]]) => [client, server])).toEqual(recordedChoices());
    });
  });

  it("by ip_src,tp_src spreads the connections of one client over both", async () => {
    await withLab({ select, selectionFields: ["ip_src", "tp_src"] }, async (lab) => {
      expect(judge(await lab.curls(60), SAYS, ["ip_src", "tp_src"]).faults).toEqual([]);
    });
  });
});
