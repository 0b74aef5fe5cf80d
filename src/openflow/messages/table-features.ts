/**
 * Multipart TABLE_FEATURES (1.3+) and TABLE_DESC (1.4+): what tables can do, which is the same for all of them.
 *
 *     features: length u16, table u8, command u8, pad 4, name 32, metadata matched u64, written u64, capabilities u32, entries u32, properties
 */
import { fields, tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import { hasPlainHeader, UNMAPPED_OPTION_BYTES, writeHeader } from "../fields/header.ts";
import { oxmOf } from "../fields/oxm.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { writeProperty } from "../wire/property.ts";
import { OF13, OF14, OF15, type Version } from "../wire/version.ts";
import { Writer } from "../wire/writer.ts";
import { emptyMessage, type MessageCodec, type MessageContext, message, multipart } from "./definition.ts";
import { MAX_ENTRIES } from "./table-statistics.ts";

export interface TableFeaturesRequest {
  readonly type: "table_features_request";
}
export interface TableFeatures {
  readonly table: number;
  /** Tables that rules of it may lead to begin after it and end here. */
  readonly tables: number;
  readonly name: string;
  readonly flowLimit: number | undefined;
}
export interface TableFeaturesReply {
  readonly type: "table_features_reply";
  readonly entries: readonly TableFeatures[];
}
export interface TableDescriptionRequest {
  readonly type: "table_description_request";
}
export interface TableDescription {
  readonly table: number;
  readonly eviction: boolean;
  /** Percent of the table that are left. */
  readonly vacancy: number;
  /** Whether, and at how many percent, a controller is told of that. */
  readonly wish: { readonly down: number; readonly up: number } | undefined;
}
export interface TableDescriptionReply {
  readonly type: "table_description_reply";
  readonly entries: readonly TableDescription[];
}

const NAME = 32;
const ALL64 = 2n ** 64n - 1n;
const EVICTION_CONFIG = 1 << 2;

const INSTRUCTIONS = 0;
const NEXT_TABLES = 2;
const WRITE_ACTIONS = 4;
const APPLY_ACTIONS = 6;
const MATCH = 8;
const WILDCARDS = 10;
const WRITE_SET_FIELD = 12;
const APPLY_SET_FIELD = 14;

const GOTO_TABLE = 1;

/** goto_table but from the last one, write_metadata, write_actions, apply_actions, clear_actions, and in 1.3 and 1.4 meter. */
function instructionsIn(version: Version, isLast: boolean): number[] {
  const all = version === OF13 || version === OF14 ? [1, 2, 3, 4, 5, 6] : [1, 2, 3, 4, 5];
  return isLast ? all.filter((instruction) => instruction !== GOTO_TABLE) : all;
}

/** Output, and from copy_ttl_out's neighbours up to set_field all that there are; 1.5 adds copy_field and meter. */
function actionsIn(version: Version): number[] {
  const actions = [0, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];
  return version >= OF15 ? [...actions, 28, 29] : actions;
}

function writeIds(writer: Writer, type: number, ids: readonly number[]): void {
  writeProperty(writer, type, () => {
    for (const id of ids) {
      writer.u16(id);
      writer.u16(4);
    }
  });
}

/** Fields that have a form on the wire. Any of them may be left open. */
const matchable = fields.filter((field) => oxmOf(field, "nxm") !== undefined);
const settable = matchable.filter((field) => field.writable && hasPlainHeader(field));

function writeFields(writer: Writer, type: number, list: typeof matchable, version: Version, masks: boolean): void {
  writeProperty(writer, type, () => {
    for (const field of list) {
      // Whether or not they have a place in the TLV map.
      const bytes = tunnelMetadataIndex(field) < 0 ? undefined : UNMAPPED_OPTION_BYTES;
      writeHeader(writer, field, version, masks && field.maskable, bytes);
    }
  });
}

/** What is the same for all tables, made once: it is most of a message of hundreds of kilobytes. */
const common = new Map<Version, Uint8Array>();

function commonProperties(version: Version): Uint8Array {
  const known = common.get(version);
  if (known) return known;
  const writer = new Writer();
  writeIds(writer, WRITE_ACTIONS, actionsIn(version));
  writeFields(writer, WRITE_SET_FIELD, settable, version, false);
  writeIds(writer, APPLY_ACTIONS, actionsIn(version));
  writeFields(writer, APPLY_SET_FIELD, settable, version, false);
  writeFields(writer, MATCH, matchable, version, true);
  writeFields(writer, WILDCARDS, matchable, version, false);
  const bytes = writer.finish();
  common.set(version, bytes);
  return bytes;
}

function write(writer: Writer, { table, tables, name, flowLimit }: TableFeatures, { version }: MessageContext): void {
  const from = writer.length;
  writer.u16(0);
  writer.u8(table);
  writer.zeros(5);
  writer.text(name, NAME);
  writer.u64(ALL64);
  writer.u64(ALL64);
  writer.u32(0);
  writer.u32(flowLimit ?? MAX_ENTRIES);
  writeIds(writer, INSTRUCTIONS, instructionsIn(version, table === tables - 1));
  writeProperty(writer, NEXT_TABLES, () => {
    for (let next = table + 1; next < tables; next++) writer.u8(next);
  });
  writer.bytes(commonProperties(version));
  writer.patchU16(from, writer.length - from);
}

export const tableFeaturesRequest: MessageCodec<TableFeaturesRequest> = {
  type: "table_features_request",
  places: [multipart("request", "1.3+", 12)],
  read(body) {
    // What tables can do is fixed: asking is all that can be done.
    if (!body.isEmpty) throw new OpenFlowError("OFPTFFC_EPERM", "table features cannot be changed");
    return { type: "table_features_request" };
  },
};

export const tableFeaturesReply: MessageCodec<TableFeaturesReply> = {
  type: "table_features_reply",
  places: [multipart("reply", "1.3+", 12)],
  entries: { of: ({ entries }) => entries, write },
};

export const tableDescriptionRequest = emptyMessage<TableDescriptionRequest>({ type: "table_description_request" }, [
  multipart("request", "1.4+", 14),
]);

const VACANCY_CONFIG = 1 << 3;
const EVICTION_PROPERTY = 2;
const VACANCY_PROPERTY = 3;
/** What eviction goes by: importance, lifetime, other things. */
const EVICTION_FLAGS = 7;

export const tableDescriptionReply: MessageCodec<TableDescriptionReply> = {
  type: "table_description_reply",
  places: [multipart("reply", "1.4+", 14)],
  entries: {
    of: ({ entries }) => entries,
    write: writeTableDescription,
  },
};

function writeTableDescription(writer: Writer, { table, eviction, vacancy, wish }: TableDescription): void {
  const from = writer.length;
  writer.u16(0);
  writer.u8(table);
  writer.zeros(1);
  writer.u32((eviction ? EVICTION_CONFIG : 0) | (wish ? VACANCY_CONFIG : 0));
  writeProperty(writer, EVICTION_PROPERTY, () => writer.u32(EVICTION_FLAGS));
  writeProperty(writer, VACANCY_PROPERTY, () => {
    writer.u8(wish?.down ?? 0);
    writer.u8(wish?.up ?? 0);
    writer.u8(vacancy);
    writer.zeros(1);
  });
  writer.patchU16(from, writer.length - from);
}

export interface TableStatus {
  readonly type: "table_status";
  readonly reason: "down" | "up";
  readonly description: TableDescription;
}

const VACANCY_DOWN = 3;
const VACANCY_UP = 4;

/** TABLE_STATUS: the room that is left in a table has fallen, or grown, beyond what a controller has set. */
export const tableStatus: MessageCodec<TableStatus> = {
  type: "table_status",
  places: [message("1.4+", 31)],
  write(writer, { reason, description }) {
    writer.u8(tableReasonNumber(reason));
    writer.zeros(7);
    writeTableDescription(writer, description);
  },
};

export function tableReasonNumber(reason: TableStatus["reason"]): number {
  return reason === "down" ? VACANCY_DOWN : VACANCY_UP;
}
