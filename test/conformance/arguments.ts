/** The command line of `npm run conformance`. */
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CommandError, EXIT_USAGE } from "../../src/control/command-error.ts";
import { SUITES, type SuiteName, type SuiteTest } from "./suite.ts";

export const USAGE = `usage: npm run conformance -- [system|unit] [NUMBER|FIRST-LAST|GROUP]... [options]
  system, unit        one suite; without: both, one after the other
  NUMBER, FIRST-LAST  tests by number; GROUP: tests of a group; without: all that start ovs-vswitchd
  --daemon real|PATH  what is tested: Debian's ovs-vswitchd, or a program; without: src/cli/ovs-vswitchd
  --jobs N            tests at a time (as many as there are processors)
  --limit SECONDS     after which a test is ended (120)
  --passing           only tests of the list of passing ones
  --sample            only tests of sample.tsv
  --check             fails when a listed test is lost, after a second try
  --update            writes what passed and failed into the list
  --install           installs Debian packages that are missing
  --scratch FOLDER    for the source and the logs of failed tests (default: megaflow-conformance in TMPDIR)`;

export interface Arguments {
  readonly suites: readonly SuiteName[];
  /** Numbers, ranges and groups; empty: all. */
  readonly selection: readonly string[];
  readonly daemon?: string;
  readonly jobs: number;
  readonly limit: number;
  readonly passing: boolean;
  readonly sample: boolean;
  readonly check: boolean;
  readonly update: boolean;
  readonly install: boolean;
  readonly scratch: string;
  readonly help: boolean;
}

/** @throws CommandError saying what is wrong with the words. */
export function parseArguments(words: readonly string[]): Arguments {
  const { values, positionals } = parse(words);
  const [first, ...rest] = positionals;
  const suite = SUITES.find((name) => name === first);
  if (!suite && positionals.length > 0) {
    throw new CommandError(`"${first}" is no suite: say system or unit before the tests`, EXIT_USAGE);
  }
  return {
    ...values,
    suites: suite ? [suite] : SUITES,
    selection: rest,
    jobs: positive("--jobs", values.jobs),
    limit: positive("--limit", values.limit),
    scratch: values.scratch ?? join(tmpdir(), "megaflow-conformance"),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        daemon: { type: "string" },
        jobs: { type: "string", default: String(availableParallelism()) },
        limit: { type: "string", default: "120" },
        passing: { type: "boolean", default: false },
        sample: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        update: { type: "boolean", default: false },
        install: { type: "boolean", default: false },
        scratch: { type: "string" },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new CommandError((error as Error).message, EXIT_USAGE);
  }
}

function positive(option: string, word: string): number {
  if (!/^[1-9][0-9]*$/.test(word))
    throw new CommandError(`${option} takes a number above 0, not "${word}"`, EXIT_USAGE);
  return Number(word);
}

/** Numbers that the words name, in the suite's order. @throws CommandError for a word that names none. */
export function selectTests(words: readonly string[], tests: ReadonlyMap<number, SuiteTest>): number[] {
  if (words.length === 0) return [...tests.keys()];
  const chosen = new Set<number>();
  for (const word of words) {
    const range = /^([0-9]+)(?:-([0-9]+))?$/.exec(word);
    const [first, last] = range ? [Number(range[1]), Number(range[2] ?? range[1])] : [0, -1];
    const named = [...tests.values()].filter(({ number, group }) =>
      range ? number >= first && number <= last : group === word,
    );
    if (named.length === 0) {
      const groups = [...new Set([...tests.values()].map(({ group }) => group))].join(", ");
      throw new CommandError(`no test that starts ovs-vswitchd is "${word}"; groups: ${groups}`, EXIT_USAGE);
    }
    for (const { number } of named) chosen.add(number);
  }
  return [...chosen].sort((a, b) => a - b);
}
