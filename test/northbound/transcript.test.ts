/** Every command against what the real ovn-nbctl prints: same words in, same text out, same exit code. */
import { describe, expect, test } from "vitest";
import { splitWords } from "../../src/northbound/commands/script-lines.ts";
import { Northbound } from "../../src/northbound/northbound.ts";
import { recorded, withoutUuids } from "./support/data.ts";

interface Call {
  readonly line: string;
  readonly output: string;
  readonly exitCode: number;
}

function calls(text: string): Call[] {
  return [...text.matchAll(/^\$ (.*)\n((?:(?!= \d+$).*\n)*)= (\d+)$/gm)].map(([, line, output, exitCode]) => ({
    line,
    output,
    exitCode: Number(exitCode),
  }));
}

/** Rows come in the order they were made; the real database has them in no order. */
const sorted = (text: string): string =>
  text.includes("\n\n")
    ? text
        .split("\n\n")
        .map((row) => row.trim())
        .sort()
        .join("\n\n")
    : text;

describe.each(["transcript.txt", "health.transcript.txt"])("ovn-nbctl's words in %s", (file) => {
  const northbound = new Northbound();
  northbound.runFile(recorded("northbound/blog.nbctl"));
  for (const [i, port] of ["ls1-veth1", "ls1-veth3", "ls2-veth5"].entries()) northbound.bind(port, i + 1);

  test.for(calls(recorded(`northbound/${file}`)))("$line", ({ line, output, exitCode }) => {
    const outcome = northbound.run(splitWords(line));
    expect(sorted(withoutUuids(outcome.stdout + outcome.stderr))).toBe(sorted(output));
    expect(outcome.exitCode).toBe(exitCode);
  });
});

describe("a whole listing", () => {
  const northbound = new Northbound();
  northbound.runFile(recorded("northbound/blog.nbctl"));

  test.each(["show", "lb-list", "list Load_Balancer"])("of `%s` is as recorded", (line) => {
    const file = `ovn-nbctl-${line.toLowerCase().replaceAll(/[ _]/g, "-")}.txt`;
    const outcome = northbound.run(line.split(" "));
    expect(withoutUuids(outcome.stdout)).toBe(withoutUuids(recorded(`reference/1-single-chassis/state/${file}`)));
  });
});
