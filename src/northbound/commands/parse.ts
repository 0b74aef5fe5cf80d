/**
 * The command line of ovn-nbctl: options, then commands separated by `--`, each with options of its own before its name.
 *
 * As with getopt, an option of a command may stand among the general ones when the command comes first, and long options may be
 * shortened as long as they are clear.
 */
import { type Command, CommandError } from "./command.ts";
import { COMMANDS, commandNamed, isUnsupported } from "./list.ts";
import type { TableStyle } from "./print-table.ts";

export interface ParsedCommand {
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export interface ParsedLine {
  readonly commands: readonly ParsedCommand[];
  readonly style: TableStyle;
  readonly dryRun: boolean;
  readonly oneLine: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** General options: those of connecting to a database server are taken and have no meaning here. */
const GENERAL = [
  ...[
    "--db=",
    "--wait=",
    "--timeout=",
    "--verbose?",
    "--max-column-width=",
    "--private-key=",
    "--certificate=",
    "--ca-cert=",
  ],
  ...[
    "--no-wait",
    "--leader-only",
    "--no-leader-only",
    "--shuffle-remotes",
    "--no-shuffle-remotes",
    "--no-syslog",
    "--pretty",
  ],
  ...["--format=", "--data=", "--no-headings", "--bare", "--dry-run", "--oneline", "--help", "--version"],
];
const SHORT: Record<string, string> = {
  h: "--help",
  V: "--version",
  f: "--format=",
  d: "--data=",
  t: "--timeout=",
  v: "--verbose?",
};

const bare = (option: string): string => option.replace(/[=?]$/, "");

export function parseLine(argv: readonly string[]): ParsedLine {
  const general = new Map<string, string>();
  const local: string[] = [];
  let at = 0;
  for (; at < argv.length && argv[at].startsWith("-") && argv[at] !== "-"; at++) {
    if (argv[at] === "--") {
      at++;
      break;
    }
    at += takeOption(argv, at, general, local);
  }
  const segments: string[][] = [[...local]];
  for (const word of argv.slice(at)) {
    if (word === "--") segments.push([]);
    else segments.at(-1)!.push(word);
  }
  const help = general.has("--help");
  const version = general.has("--version");
  const style: TableStyle = {
    format: oneOf("format", general.get("--format"), ["list", "table", "csv", "html", "json"], "list"),
    data: general.has("--bare") ? "bare" : oneOf("data", general.get("--data"), ["string", "bare", "json"], "string"),
    headings: !general.has("--no-headings") && !general.has("--bare"),
  };
  // An empty segment between two `--` counts for nothing, unless there is no command at all.
  const filled = segments.filter((words, i) => words.length > 0 || (i === 0 && segments.length === 1));
  return {
    commands: help || version ? [] : filled.map(parseCommand),
    style,
    dryRun: general.has("--dry-run"),
    oneLine: general.has("--oneline"),
    help,
    version,
  };
}

function oneOf<T extends string>(what: string, text: string | undefined, words: readonly T[], otherwise: T): T {
  if (text === undefined) return otherwise;
  if (!words.includes(text as T)) throw new CommandError(`unknown output ${what} "${text}"`);
  return text as T;
}

/** Returns how many words beyond the first the option took. */
function takeOption(argv: readonly string[], at: number, general: Map<string, string>, local: string[]): number {
  const word = argv[at];
  if (!word.startsWith("--")) return takeShort(argv, at, general);
  const [name, value] = splitOption(word);
  const all = [...GENERAL, ...new Set(COMMANDS.flatMap(({ options }) => options ?? []))];
  const exact = all.find((option) => bare(option) === name);
  const candidates = exact ? [exact] : all.filter((option) => option.startsWith(name));
  if (candidates.length === 0) throw new CommandError(`unrecognized option '${word}'`);
  if (candidates.length > 1) {
    const possibilities = candidates.map((option) => `'${bare(option)}'`).join(" ");
    throw new CommandError(`option '${word}' is ambiguous; possibilities: ${possibilities}`);
  }
  const [option] = candidates;
  if (value !== undefined && bare(option) === option) {
    throw new CommandError(`option '${word}' doesn't allow an argument`);
  }
  const takesNext = option.endsWith("=") && value === undefined;
  const given = takesNext ? argv[at + 1] : value;
  if (takesNext && given === undefined) throw new CommandError(`option '${word}' requires an argument`);
  if (GENERAL.includes(option)) general.set(bare(option), given ?? "");
  else local.push(given === undefined ? bare(option) : `${bare(option)}=${given}`);
  return takesNext ? 1 : 0;
}

function takeShort(argv: readonly string[], at: number, general: Map<string, string>): number {
  const letter = argv[at][1];
  const option = SHORT[letter];
  if (!option) throw new CommandError(`invalid option -- '${letter}'`);
  const attached = argv[at].slice(2);
  if (!option.endsWith("=")) {
    general.set(bare(option), attached);
    return 0;
  }
  const value = attached !== "" ? attached : argv[at + 1];
  if (value === undefined) throw new CommandError(`option requires an argument -- '${letter}'`);
  general.set(bare(option), value);
  return attached !== "" ? 0 : 1;
}

function splitOption(word: string): [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function parseCommand(segment: readonly string[]): ParsedCommand {
  const given = new Map<string, string | undefined>();
  let at = 0;
  for (; at < segment.length && segment[at].startsWith("-"); at++) {
    const [name, value] = splitOption(segment[at]);
    if (given.has(name)) throw new CommandError(`'${name}' option specified multiple times`);
    given.set(name, value);
  }
  const name = segment[at];
  if (name === undefined) throw new CommandError("missing command name (use --help for help)");
  const command = commandNamed(name);
  if (!command) {
    throw new CommandError(
      isUnsupported(name)
        ? `'${name}' command is not supported by the embedded control plane`
        : `unknown command '${name}'; use --help for help`,
    );
  }
  const words = segment.slice(at + 1);
  const options = checkOptions(command, given);
  if (words.length < command.minimum) {
    throw new CommandError(`'${name}' command requires at least ${command.minimum} arguments`);
  }
  if (words.length > command.maximum) {
    throw new CommandError(`'${name}' command takes at most ${command.maximum} arguments`);
  }
  return { command, words, options };
}

function checkOptions(command: Command, given: ReadonlyMap<string, string | undefined>): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of given) {
    const known = command.options?.find((option) => bare(option) === name);
    if (!known) throw new CommandError(`'${command.name}' command has no '${name}' option`);
    if (known.endsWith("=") && value === undefined) throw new CommandError(`missing argument to '${name}' option`);
    if (known === name && value !== undefined) {
      throw new CommandError(`'${name}' option on '${command.name}' does not accept an argument`);
    }
    options.set(name, value ?? "");
  }
  return options;
}
