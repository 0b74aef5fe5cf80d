/** The benches that need root: contestants come up, carry traffic whose every packet is accounted for, and leave nothing behind. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { balancerContestants } from "../../bench/balancer/contestants.ts";
import { openCrafted } from "../../bench/balancer/crafted.ts";
import { frameOf, randomConnections } from "../../bench/hash/connections.ts";
import { KernelBalancer } from "../../bench/hash/kernel-balancer.ts";
import { installed } from "../../bench/install.ts";
import { plotsOf } from "../../bench/report/plots.ts";
import { reportHtml } from "../../bench/report/report.ts";
import { parseResults } from "../../bench/schema.ts";
import { wireContestants } from "../../bench/wire/contestants.ts";
import { frameRate } from "../../bench/wire/frame-rate.ts";
import { namespaceNames, runInNamespace } from "../../src/lab/namespaces.ts";
import { VIP } from "../../src/lab/topology.ts";

describe("contestants on the wire", () => {
  const ours = wireContestants({ quick: false }).filter(({ kind }) => kind === "megaflow" || kind === "limit");

  it.each(ours)("$name carries frames, each of them accounted for, and leaves nothing behind", async (contestant) => {
    await contestant.up();
    try {
      const { arrived } = await frameRate(contestant, { bytes: 60, seconds: 0.2, flows: 1 });
      expect(arrived).toBeGreaterThan(100);
    } finally {
      await contestant.down();
    }
    const left = new Set(await namespaceNames());
    expect([contestant.home, contestant.left, contestant.right].filter((name) => left.has(name))).toEqual([]);
  });
});

if (installed("nft")) {
  const ours = balancerContestants().filter(({ kind }) => kind === "megaflow" || kind === "limit");

  it.each(ours)(
    "$name carries crafted connections, each of them answered, and the hosts hear again",
    async (contestant) => {
      await contestant.up();
      try {
        const run = { count: 1000, warmUp: 100, inFlight: 32, ports: 500 };
        const { servers, ended, damaged } = await openCrafted(contestant, run);
        expect([ended, damaged]).toEqual([1000, 0]);
        expect(Object.keys(servers)).toHaveLength(contestant.servers.length);
        const target = contestant.kind === "limit" ? VIP : contestant.servers[0].address;
        await runInNamespace(contestant.client.namespace, ["ping", "-c", "1", "-w", "5", target]);
      } finally {
        await contestant.down();
      }
    },
  );

  it("the kernel gives every connection a backend, by weight, the same each time", async () => {
    const frames = randomConnections(2000, 3).map((connection, mark) => frameOf(connection, mark));
    const kernel = await KernelBalancer.make([
      { id: 0, weight: 1 },
      { id: 1, weight: 3 },
    ]);
    try {
      const chosen = await kernel.choose(frames);
      expect(await kernel.choose(frames)).toEqual(chosen);
      const share = chosen.reduce((sum, id) => sum + id, 0) / frames.length;
      expect(share).toBeGreaterThan(0.7);
      expect(share).toBeLessThan(0.8);
    } finally {
      await kernel.close();
    }
  });
}

if (installed("chromium")) {
  it("a browser draws every plot of the committed report", () => {
    const folder = mkdtempSync(join(tmpdir(), "megaflow-report-"));
    try {
      const results = parseResults(
        readFileSync(new URL("../../bench/results/example.json", import.meta.url), "utf8"),
        "",
      );
      const file = join(folder, "report.html");
      writeFileSync(file, reportHtml(results));
      const dom = browse(folder, file);
      const lines = results.benches.flatMap((bench) => plotsOf(bench)).filter(({ kind }) => kind === "lines");
      expect(lines.length).toBeGreaterThan(5);
      expect(dom.match(/class="uplot u-hz"|class="uplot"/g)).toHaveLength(lines.length);
      expect(dom).not.toContain("NaN");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** What the page has become when its scripts have run. */
function browse(folder: string, file: string): string {
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const words = [...options, ...quiet, `--user-data-dir=${join(folder, "profile")}`, "--dump-dom", `file://${file}`];
  const { status, stdout } = spawnSync("chromium", words, { encoding: "utf8", maxBuffer: 1 << 26, timeout: 60_000 });
  expect(status).toBe(0);
  return stdout;
}
