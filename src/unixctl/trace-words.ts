/** Options of `ofproto/trace`, which may stand anywhere. */
import {
  CT_STATE_ESTABLISHED,
  CT_STATE_INVALID,
  CT_STATE_NEW,
  CT_STATE_REPLY,
  CT_STATE_TRACKED,
} from "../../assembly/layout.ts";
import { ctStateNames, formatFlags } from "../slowpath/flow/flag-text.ts";
import { UnixctlError } from "./command.ts";

export interface TraceWords {
  readonly rest: readonly string[];
  /** ct_state of each next pass, in their order. */
  readonly nextCtStates: readonly number[];
}

/** Taken and ignored: they shape the packet that OVS would compose, or how ports are shown. */
const ignored: ReadonlySet<string> = new Set([
  "-generate",
  "--generate",
  "-consistent",
  "--consistent",
  "-names",
  "--names",
]);
const ignoredWithValue: ReadonlySet<string> = new Set(["--l7", "--l7-len"]);

/** @throws UnixctlError in the words of OVS. */
export function parseTraceWords(words: readonly string[]): TraceWords {
  const rest: string[] = [];
  const nextCtStates: number[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (ignored.has(word)) continue;
    if (word === "--ct-next" || ignoredWithValue.has(word)) {
      const value = words[++at];
      if (value === undefined) throw new UnixctlError(`Missing argument for option ${word}`);
      if (word === "--ct-next") nextCtStates.push(parseCtState(value));
    } else if (word.startsWith("-")) {
      throw new UnixctlError(`${word}: unknown option`);
    } else {
      rest.push(word);
    }
  }
  if (rest.length > 3) throw new UnixctlError("too many arguments");
  return { rest, nextCtStates };
}

/** "trk,est" as bits. */
function parseCtState(text: string): number {
  let state = 0;
  for (const name of text.split(/[, ]+/).filter((part) => part !== "")) {
    const bit = ctStateNames.indexOf(name);
    if (bit < 0) throw new UnixctlError(`${name}: unknown connection tracking state flag`);
    state |= 1 << bit;
  }
  const has = (bits: number): boolean => (state & bits) === bits;
  const wrong = [
    [state !== 0 && !has(CT_STATE_TRACKED), 'If "trk" is unset, no other flags are set'],
    [
      has(CT_STATE_INVALID) && (state & ~(CT_STATE_TRACKED | CT_STATE_INVALID)) !== 0,
      'when "inv" is set, only "trk" may also be set',
    ],
    [has(CT_STATE_NEW | CT_STATE_ESTABLISHED), '"new" and "est" are mutually exclusive'],
    [has(CT_STATE_NEW | CT_STATE_REPLY), '"new" and "rpy" are mutually exclusive'],
  ].filter(([is]) => is);
  if (wrong.length > 0) {
    const shown = formatFlags(ctStateNames, state);
    throw new UnixctlError(wrong.map(([, why]) => `${shown}: invalid connection state: ${why}\n`).join(""));
  }
  return state;
}
