/** Options of `ofproto/trace`, which may stand anywhere. */
import {
  CT_STATE_ESTABLISHED,
  CT_STATE_INVALID,
  CT_STATE_NEW,
  CT_STATE_REPLY,
  CT_STATE_TRACKED,
} from "../../assembly/layout/key.ts";
import { ctStateNames, formatFlags } from "../slowpath/flow/flag-text.ts";
import { UnixctlError } from "./command.ts";

export interface TraceWords {
  readonly rest: readonly string[];
  /** ct_state of each next pass, in their order. */
  readonly nextCtStates: readonly number[];
  readonly generate: boolean;
  readonly names: boolean;
  /** Actions must fit the packet: trace-packet-out only. */
  readonly consistent: boolean;
  /** What a generated packet carries. */
  readonly payload: Uint8Array;
}

/** Bytes of a generated packet's payload. */
const DEFAULT_PAYLOAD = 64;
const MOST_PAYLOAD = 64_000;
const ETHERNET_HEADER = 14;

/** @throws UnixctlError in the words of OVS. */
export function parseTraceWords(words: readonly string[], packetOut: boolean): TraceWords {
  const rest: string[] = [];
  const nextCtStates: number[] = [];
  const flags = { generate: false, names: false, consistent: false };
  let payload = counting(DEFAULT_PAYLOAD);
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const argument = (): string => {
      const value = words[++at];
      if (value === undefined) throw new UnixctlError(`Missing argument for option ${word}`);
      return value;
    };
    if (/^--?generate$/.test(word)) flags.generate = true;
    else if (/^--?names$/.test(word)) flags.names = true;
    else if (packetOut && /^--?consistent$/.test(word)) flags.consistent = true;
    else if (word === "--ct-next") nextCtStates.push(parseCtState(argument()));
    else if (word === "--l7") payload = readHex(argument());
    else if (word === "--l7-len") payload = counting(payloadLength(argument()));
    else if (word.startsWith("-")) throw new UnixctlError(`${word}: unknown option`);
    else if (rest.length === 3) throw new UnixctlError("too many arguments");
    else rest.push(word);
  }
  return { rest, nextCtStates, ...flags, payload };
}

/** A whole frame. @throws UnixctlError */
export function readFrame(text: string): Uint8Array {
  const frame = readHex(text);
  if (frame.length < ETHERNET_HEADER) throw new UnixctlError("Packet data too short for Ethernet");
  return frame;
}

function readHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new UnixctlError("Trailing garbage in packet data");
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

function payloadLength(text: string): number {
  const length = Number.parseInt(text, 10) || 0;
  if (length < 0 || length > MOST_PAYLOAD) throw new UnixctlError(`${text}: too much L7 data`);
  return length;
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
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
