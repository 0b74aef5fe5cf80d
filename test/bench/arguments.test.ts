import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseArguments, UsageError } from "../../bench/arguments.ts";
import { benchNames, loadBench } from "../../bench/main.ts";

const KNOWN = ["hash/distribution", "wire/frames", "wire/tcp"];
const MAIN = new URL("../../bench/main.ts", import.meta.url).pathname;

describe("the command line of the benchmarks", () => {
  it("takes all benches without names, and those whose names start so with them", () => {
    expect(parseArguments([], KNOWN).names).toEqual(KNOWN);
    expect(parseArguments(["wire"], KNOWN).names).toEqual(["wire/frames", "wire/tcp"]);
  });

  it("takes contestants as a list", () => {
    expect(parseArguments(["--against", "ovs,nft"], KNOWN).against).toEqual(["ovs", "nft"]);
    expect(parseArguments([], KNOWN).against).toBeUndefined();
  });

  it.each([
    [["nothing"], "no bench starts with nothing: there are hash/distribution"],
    [["--against", "vpp"], "takes a list of ovs, dpdk, bridge, nft, not vpp"],
    [["--against", "megaflow"], "takes a list of ovs, dpdk, bridge, nft, not megaflow"],
    [["--against", ""], "takes a list of ovs, dpdk, bridge, nft"],
    [["--report", "r.pdf"], "an .html file"],
    [["--fast"], "--fast"],
    [["--json"], "--json"],
  ])("refuses %j", (words, sentence) => {
    expect(() => parseArguments(words, KNOWN)).toThrow(UsageError);
    expect(() => parseArguments(words, KNOWN)).toThrow(sentence);
  });

  it("ends with status 2 and says how it is used", () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, "--against", "vpp"], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain("usage: npm run bench");
  });
});

it("every bench has a title and something to run", async () => {
  const names = benchNames();
  expect(names).toContain("wire/frames");
  for (const name of names) {
    const bench = await loadBench(name);
    expect(bench.title, name).toMatch(/\w{3}/);
    expect(bench.measure, name).toBeTypeOf("function");
  }
});
