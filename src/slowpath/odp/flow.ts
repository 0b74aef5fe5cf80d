/** A whole line of `ovs-dpctl dump-flows`: key, counters, actions; with -m also the flow's identity. */
import { KEY_NW_PROTO } from "../../../assembly/layout/key.ts";
import type { MegaflowStatistics } from "../../fastpath/datapath.ts";
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import { type ActionTextOptions, formatDatapathActions, parseDatapathActions } from "./actions.ts";
import { formatKey, type KeyTextOptions, type MaskedKey, parseKey } from "./key.ts";
import { DatapathTextError } from "./scan.ts";

export interface DatapathFlow extends MaskedKey {
  readonly actions: readonly DatapathAction[];
  readonly packets: bigint;
  readonly bytes: bigint;
  /** Milliseconds since the last packet; undefined: there was none. */
  readonly idle?: number;
  readonly tcpFlags: number;
  /** Some of its packets are forwarded without the switch. */
  readonly offloaded?: boolean;
  /** Verbose text: a UUID, and what the datapath adds to the line's end. */
  readonly ufid?: string;
  readonly extra?: string;
}

export type FlowTextOptions = KeyTextOptions & ActionTextOptions;

/** In the order that OVS prints them, which is not that of the bits. */
const tcpFlagLetters: readonly (readonly [string, number])[] = [
  ["S", 0x002],
  ["F", 0x001],
  ["P", 0x008],
  ["R", 0x004],
  ["U", 0x020],
  [".", 0x010],
  ["E", 0x040],
  ["C", 0x080],
  ["N", 0x100],
];

/** `SFP.`, as tcpdump has it. */
export function formatTcpFlagLetters(flags: number): string {
  return tcpFlagLetters.map(([letter, bit]) => (flags & bit ? letter : "")).join("");
}

function parseTcpFlagLetters(text: string): number {
  return tcpFlagLetters.reduce((flags, [letter, bit]) => (text.includes(letter) ? flags | bit : flags), 0);
}

/** Statistics as the datapath keeps them, at `now` (milliseconds of CLOCK_MONOTONIC). */
export function flowCounters(
  statistics: MegaflowStatistics,
  now: number,
): Pick<DatapathFlow, "packets" | "bytes" | "idle" | "tcpFlags" | "offloaded"> {
  const { packets, bytes, used, tcpFlags, offloads } = statistics;
  const idle = used === 0 ? undefined : Math.max(0, now - used);
  return { packets, bytes, idle, tcpFlags, offloaded: offloads > 0 };
}

export function formatDatapathFlow(flow: DatapathFlow, options: FlowTextOptions = {}): string {
  const parts: string[] = [];
  if (options.verbose && flow.ufid) parts.push(`ufid:${flow.ufid}`);
  parts.push(formatKey(flow, options), `packets:${flow.packets}`, `bytes:${flow.bytes}`);
  parts.push(flow.idle === undefined ? "used:never" : `used:${(flow.idle / 1000).toFixed(3)}s`);
  if (flow.tcpFlags) parts.push(`flags:${formatTcpFlagLetters(flow.tcpFlags)}`);
  if (options.verbose) parts.push(...(flow.offloaded ? ["offloaded:yes", "dp:tc"] : ["dp:ovs"]));
  const protocol = options.protocol ?? flow.key[KEY_NW_PROTO];
  parts.push(`actions:${formatDatapathActions(flow.actions, { ...options, protocol })}`);
  if (options.verbose && flow.extra) parts.push(`dp-extra-info:${flow.extra}`);
  return parts.join(", ");
}

const line =
  /^(?:ufid:(\S+), )?(.*?), packets:(\d+), bytes:(\d+), used:(?:never|([\d.]+)s)(?:, flags:(\S+))?(, offloaded:yes)?(?:, dp:\S+)?, actions:(.*?)(?:, dp-extra-info:(.*))?$/;

/** @throws DatapathTextError */
export function parseDatapathFlow(text: string, options: FlowTextOptions = {}): DatapathFlow {
  const found = line.exec(text);
  if (!found) throw new DatapathTextError(`${text}: not a line of dump-flows`);
  const [, ufid, key, packets, bytes, idle, flags, offloaded, actions, extra] = found;
  return {
    ...parseKey(key, options),
    actions: parseDatapathActions(actions, options),
    packets: BigInt(packets),
    bytes: BigInt(bytes),
    idle: idle === undefined ? undefined : Math.round(Number(idle) * 1000),
    tcpFlags: parseTcpFlagLetters((flags ?? "").replace(/,$/, "")),
    ...(offloaded && { offloaded: true }),
    ufid,
    extra,
  };
}
