/** Multipart TABLE: how many rules each table has and how often it was asked. What it can do is told too, up to 1.2. */
import { OF10, OF11, OF12 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { emptyMessage, type MessageCodec, type MessageContext, multipart } from "./definition.ts";

export interface TableStatisticsRequest {
  readonly type: "table_statistics_request";
}

export interface TableStatistics {
  readonly table: number;
  readonly isLast: boolean;
  readonly name: string;
  readonly active: number;
  readonly lookups: number;
  readonly matched: number;
  /** undefined: there is no limit. */
  readonly flowLimit: number | undefined;
  /** Bits of TABLE_MOD's configuration: packets that match nothing (1.1, 1.2). */
  readonly config: number;
}

export interface TableStatisticsReply {
  readonly type: "table_statistics_reply";
  readonly entries: readonly TableStatistics[];
}

const NAME = 32;
/** What is told of tables without a limit. */
export const MAX_ENTRIES = 1_000_000;
/** 1.0: every field of its match may be open. */
const WILDCARDS10 = 0x3f_ffff;
/** 1.1: all fields; instructions 1…5; actions 0…26 but for the two of MPLS that never were. */
const MATCH11 = 0xfbff;
const INSTRUCTIONS = 0x3e;
/** There is nowhere to go from the last table. */
const LAST_TABLE_INSTRUCTIONS = 0x3c;
const ACTIONS11 = 0x01ff_e7ff;
/** 1.2: the same as bit maps of OXM fields and of its actions. */
const MATCH12 = 0x101f_ffff_fffdn;
const ACTIONS12 = 0x03ff_8001;
const SET_FIELDS12 = 0xf_ffff_fbddn;
const ALL64 = 2n ** 64n - 1n;

function writeCounts(writer: Writer, { active, lookups, matched }: TableStatistics): void {
  writer.u32(active);
  writer.u64(BigInt(lookups));
  writer.u64(BigInt(matched));
}

function write(writer: Writer, entry: TableStatistics, { version }: MessageContext): void {
  const instructions = entry.isLast ? LAST_TABLE_INSTRUCTIONS : INSTRUCTIONS;
  writer.u8(entry.table);
  if (version === OF10) {
    writer.zeros(3);
    writer.text(entry.name, NAME);
    writer.u32(WILDCARDS10);
    writer.u32(entry.flowLimit ?? MAX_ENTRIES);
  } else if (version === OF11) {
    writer.zeros(7);
    writer.text(entry.name, NAME);
    for (const bits of [MATCH11, MATCH11, instructions, ACTIONS11, ACTIONS11, entry.config]) writer.u32(bits);
    writer.u32(entry.flowLimit ?? MAX_ENTRIES);
  } else if (version === OF12) {
    writer.zeros(7);
    writer.text(entry.name, NAME);
    writer.u64(MATCH12);
    writer.u64(MATCH12);
    writer.u32(ACTIONS12);
    writer.u32(ACTIONS12);
    for (const bits of [SET_FIELDS12, SET_FIELDS12, ALL64, ALL64]) writer.u64(bits);
    writer.u32(instructions);
    writer.u32(entry.config);
    writer.u32(entry.flowLimit ?? MAX_ENTRIES);
  } else {
    writer.zeros(3);
  }
  writeCounts(writer, entry);
}

export const tableStatisticsRequest = emptyMessage<TableStatisticsRequest>({ type: "table_statistics_request" }, [
  multipart("request", "1.0+", 3),
]);

export const tableStatisticsReply: MessageCodec<TableStatisticsReply> = {
  type: "table_statistics_reply",
  places: [multipart("reply", "1.0+", 3)],
  entries: { of: ({ entries }) => entries, write },
};
