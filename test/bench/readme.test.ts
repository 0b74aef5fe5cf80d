import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readResults, withFigures } from "../../bench/report/readme.ts";
import { parseResults, type Results } from "../../bench/schema.ts";
import { results, row } from "./results.ts";

const ROOT = new URL("../../", import.meta.url);
const RESULTS = new URL("bench/results/", ROOT);
const readme = readFileSync(new URL("README.md", ROOT), "utf8");

describe("the README's figures", () => {
  it("are those of a committed run, to the letter", () => {
    expect(withFigures(readme, readResults)).toBe(readme);
  });

  it("name the commands that repeat them", () => {
    for (const file of /figures: (.*\.json) -->/.exec(readme)![1].split(" ")) {
      const { command } = readResults(file);
      expect(command).toMatch(/^npm run bench/);
      expect(readme).toContain(command);
    }
  });

  it("are a later run's where it has the bench, and say so", () => {
    const set = (contestant: string, samples: number[]) =>
      results([row({ metric: "megaflows set up", series: [{ contestant, samples }] })], { name: "wire/set-ups" });
    const runs: Record<string, Results> = { "x.json": set("megaflow veth", [42]), "y.json": set("megaflow tap", [43]) };
    const text = withFigures("<!-- figures: x.json y.json -->\n<!-- end of figures -->", (file) => runs[file]);
    expect(text).toContain("43.0 kpps (megaflow tap)");
    expect(text).not.toContain("megaflow veth");
    expect(text).toContain("wire/set-ups: 2026-01-02");
  });

  it("follow the results", () => {
    const measured = results(
      [row({ metric: "megaflows set up", series: [{ contestant: "megaflow veth", samples: [42] }] })],
      {
        name: "wire/set-ups",
      },
    );
    const text = withFigures("a\n<!-- figures: x.json -->\nold\n<!-- end of figures -->\nb", () => measured);
    expect(text).toContain("42.0 kpps (megaflow veth)");
    expect(text).not.toContain("old");
    expect(text.startsWith("a\n") && text.endsWith("\nb")).toBe(true);
    expect(() => withFigures("nothing", () => measured)).toThrow("README.md has no part");
  });
});

describe("committed results", () => {
  const names = readdirSync(RESULTS);

  it.each(names.filter((name) => name.endsWith(".json")))("%s can be read, and has its report beside it", (name) => {
    const { benches } = parseResults(readFileSync(new URL(name, RESULTS), "utf8"), name);
    expect(benches.map(({ error }) => error)).toEqual(benches.map(() => undefined));
    const report = readFileSync(new URL(name.replace(/json$/, "html"), RESULTS), "utf8");
    for (const bench of benches) expect(report).toContain(`<section id="${bench.name}">`);
  });

  it.each(names)("%s is no burden to the repository", (name) => {
    expect(statSync(new URL(name, RESULTS)).size).toBeLessThan(1.5 * 2 ** 20);
  });
});
