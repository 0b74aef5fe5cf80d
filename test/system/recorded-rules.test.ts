import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SERVERS } from "../../src/lab/topology.ts";
import { judge } from "../../src/lab/verdict.ts";
import { withLab } from "./support/with-lab.ts";

const RULES = fileURLToPath(new URL("../data/reference/1-single-chassis/state", import.meta.url));

describe.each(["tap", "veth"] as const)("the 528 rules that real OVN installed, over %s", (ports) => {
  it("are all loaded and carry 50 curls to both servers", async () => {
    await withLab({ rules: RULES, ports }, async (lab) => {
      const results = await lab.curls(50);
      expect(
        judge(
          results,
          SERVERS.map(({ says }) => says),
          [],
        ).faults,
      ).toEqual([]);
      const rules = (await lab.ask("tables")).split("\n").filter((line) => line.includes("actions="));
      expect(rules).toHaveLength(528);
    });
  });
});
