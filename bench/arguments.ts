/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { KINDS, type Kind } from "./bench.ts";

export interface Arguments {
  /** Benches whose names start so; empty: all. */
  readonly names: readonly string[];
  readonly json?: string;
  readonly report?: string;
  /** Contestants asked for, to be installed where they are missing; undefined: whatever is there. */
  readonly against?: readonly Kind[];
  readonly quick: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

export class UsageError extends Error {}

export const USAGE = `usage: npm run bench -- [NAMES] [options]
  NAMES                   benches whose names start so; all without
  --list                  names them
  --quick                 few short rounds, minutes in all: for a first look
  --against ovs,dpdk,bridge,nft  contestants; those missing are installed from Debian. Without: those that are installed
  --json FILE             every sample, for bench:compare and the report
  --report FILE.html      the report in one file`;

const AGAINST: readonly Kind[] = KINDS.filter((kind) => kind !== "megaflow" && kind !== "limit");

/** @throws UsageError saying what is wrong with the words. `known`: names of all benches. */
export function parseArguments(words: readonly string[], known: readonly string[]): Arguments {
  const { values, positionals } = parse(words);
  const unknown = positionals.filter((word) => !known.some((name) => name.startsWith(word)));
  if (unknown.length > 0) {
    throw new UsageError(`no bench starts with ${unknown.join(", ")}: there are ${known.join(", ")}`);
  }
  if (values.report !== undefined && !/\.html?$/.test(values.report)) {
    throw new UsageError(`--report takes the name of an .html file, not "${values.report}"`);
  }
  return {
    names: known.filter((name) => positionals.length === 0 || positionals.some((word) => name.startsWith(word))),
    json: values.json,
    report: values.report,
    against: values.against === undefined ? undefined : parseAgainst(values.against),
    quick: values.quick,
    list: values.list,
    help: values.help,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        json: { type: "string" },
        report: { type: "string" },
        against: { type: "string" },
        quick: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parseAgainst(text: string): Kind[] {
  const words = text.split(",").filter((word) => word !== "");
  const unknown = words.filter((word) => !AGAINST.includes(word as Kind));
  if (words.length === 0 || unknown.length > 0) {
    throw new UsageError(
      `--against takes a list of ${AGAINST.join(", ")}${unknown.length ? `, not ${unknown.join(", ")}` : ""}`,
    );
  }
  return words as Kind[];
}
