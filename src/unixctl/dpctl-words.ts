/** Words after a dpctl command: options first, as getopt would take them, then the rest. */
import { UnixctlError } from "./command.ts";
import { isDatapathName } from "./datapath.ts";

export interface DpctlWords {
  /** -m, as often as it was given. */
  readonly verbosity: number;
  /** -s. */
  readonly statistics: boolean;
  /** Ports by name: asked for, or because of -m. */
  readonly names: boolean;
  /** Without options and without the datapath's name. */
  readonly rest: readonly string[];
}

/** @throws UnixctlError */
export function parseDpctlWords(words: readonly string[]): DpctlWords {
  let verbosity = 0;
  let statistics = false;
  let names: boolean | undefined;
  let at = 0;
  for (; at < words.length && /^-./.test(words[at]); at++) {
    const word = words[at];
    if (word === "--more") verbosity++;
    else if (word === "--statistics") statistics = true;
    else if (word === "--names" || word === "--no-names") names = word === "--names";
    else if (word.startsWith("--") && word !== "--may-create" && word !== "--clear") {
      throw new UnixctlError(`Unrecognized option ${word}`);
    } else if (!word.startsWith("--")) {
      for (const letter of word.slice(1)) {
        if (letter === "m") verbosity++;
        else if (letter === "s") statistics = true;
        else throw new UnixctlError(`Unrecognized option -${letter}`);
      }
    }
  }
  const rest = words.slice(at);
  if (rest.length > 0 && isDatapathName(rest[0])) rest.shift();
  return { verbosity, statistics, names: names ?? verbosity > 0, rest };
}

/** An error in the form that dpctl gives its own. */
export function dpctlError(sentence: string, reason = "Invalid argument"): UnixctlError {
  return new UnixctlError(`ovs-vswitchd: ${sentence} (${reason})`);
}

/** `zone=5` taken from the words; the others are left. */
export function takeZone(words: readonly string[]): { zone?: number; rest: string[] } {
  const rest = words.filter((word) => !/^zone=\d+$/.test(word));
  const found = words.find((word) => /^zone=\d+$/.test(word));
  return { zone: found === undefined ? undefined : Number(found.slice("zone=".length)) & 0xffff, rest };
}
