/**
 * GROUP_MOD: 1.1–1.4, 1.5, and 1.5's form as Nicira's extension of 1.0.
 *
 *     1.1–1.4: command u16, type u8, pad, id u32, buckets
 *     1.5:     command u16, type u8, pad, id u32, buckets' length u16, pad u16, command bucket u32, buckets, properties
 */
import { GROUP_ALL, type GroupMod } from "../../slowpath/tables/modification.ts";
import type { GroupType } from "../../slowpath/tables/rule.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF15, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { readBucket11, readBucket15, writeBucket11, writeBucket15 } from "./bucket.ts";
import { type MessageCodec, type MessageContext, message, niciraMessage } from "./definition.ts";
import { noSelection, readSelection, writeSelection } from "./selection.ts";

export interface GroupModMessage {
  readonly type: "group_mod";
  readonly mod: GroupMod;
}

const commands = new Map<number, GroupMod["command"]>([
  [0, "add"],
  [1, "modify"],
  [2, "delete"],
  [3, "insert_bucket"],
  [5, "remove_bucket"],
  [0x8000, "add_or_mod"],
]);
const commandNumbers = new Map([...commands].map(([number, command]) => [command, number]));

/** By their number. */
export const groupTypes: readonly GroupType[] = ["all", "select", "indirect", "fast_failover"];

const BUCKET_MAX = 0xffff_ff00;
const BUCKET_FIRST = 0xffff_fffd;
const BUCKET_LAST = 0xffff_fffe;
const BUCKET_ALL = 0xffff_ffff;

export function groupTypeOf(number: number): GroupType {
  const type = groupTypes[number];
  if (!type) throw new OpenFlowError("OFPGMFC_BAD_TYPE", `group type ${number}`);
  return type;
}

export function hasBucketIds(version: Version): boolean {
  return version === OF10 || version >= OF15;
}

function commandBucketOf(number: number, command: GroupMod["command"]): GroupMod["commandBucket"] {
  const bad = new OpenFlowError("OFPGMFC_BAD_BUCKET", `command bucket ${number}`);
  if (command !== "insert_bucket" && command !== "remove_bucket") {
    if (number !== BUCKET_ALL) throw bad;
    return undefined;
  }
  if (number === BUCKET_FIRST) return "first";
  if (number === BUCKET_LAST) return "last";
  if (number === BUCKET_ALL && command === "remove_bucket") return "all";
  if (number > BUCKET_MAX) throw bad;
  return number;
}

function commandBucketNumber(bucket: GroupMod["commandBucket"]): number {
  if (bucket === "first") return BUCKET_FIRST;
  if (bucket === "last") return BUCKET_LAST;
  return bucket === undefined || bucket === "all" ? BUCKET_ALL : bucket;
}

function read(body: Reader, context: MessageContext): GroupMod {
  const ids = hasBucketIds(context.version);
  const commandNumber = body.u16();
  const type = groupTypeOf(body.u8());
  body.skip(1);
  const id = body.u32();
  const command = commands.get(commandNumber);
  if (!command || (!ids && command.endsWith("_bucket"))) {
    throw new OpenFlowError("OFPGMFC_BAD_COMMAND", `group mod command ${commandNumber}`);
  }
  const common = { kind: "group", command, id, type } as const;
  if (!ids) {
    const buckets = [];
    while (!body.isEmpty) buckets.push(readBucket11(body, context));
    return { ...common, ...noSelection, buckets };
  }
  const bucketsLength = body.u16();
  body.skip(2);
  const commandBucket = commandBucketOf(body.u32(), command);
  const bucketBody = body.part(bucketsLength);
  const buckets = [];
  while (!bucketBody.isEmpty) buckets.push(readBucket15(bucketBody, context, type));
  if (new Set(buckets.map((bucket) => bucket.id)).size < buckets.length) {
    throw new OpenFlowError("OFPGMFC_BAD_BUCKET", "two buckets have one id");
  }
  const definesGroup = command === "add" || command === "modify" || command === "add_or_mod";
  const selection = readSelection(body, context, type, definesGroup);
  return { ...common, ...selection, buckets, ...(commandBucket !== undefined && { commandBucket }) };
}

/** What a group mod must be, whatever groups there are. */
function check(mod: GroupMod): GroupMod {
  const { command, type, buckets, id } = mod;
  if (type === "indirect" && command !== "delete" && buckets.length !== 1) {
    throw new OpenFlowError("OFPGMFC_INVALID_GROUP", "an indirect group has exactly one bucket");
  }
  if (command === "remove_bucket" && buckets.length > 0) {
    throw new OpenFlowError("OFPGMFC_BAD_BUCKET", "buckets where one is to be removed");
  }
  for (const bucket of buckets) {
    const watches = bucket.watchPort !== undefined || bucket.watchGroup !== undefined;
    if (bucket.weight !== 0 && type !== "select" && command !== "insert_bucket") {
      throw new OpenFlowError("OFPGMFC_INVALID_GROUP", "only select groups have bucket weights");
    }
    if (watches && (type === "all" || type === "indirect")) {
      throw new OpenFlowError("OFPGMFC_WATCH_UNSUPPORTED", `a bucket of an ${type} group watches`);
    }
    if (!watches && type === "fast_failover") {
      throw new OpenFlowError("OFPGMFC_INVALID_GROUP", "a bucket of a fast failover group watches nothing");
    }
  }
  if (id === GROUP_ALL && command !== "delete") throw new OpenFlowError("OFPGMFC_INVALID_GROUP", "all groups");
  return mod;
}

function write(writer: Writer, mod: GroupMod, context: MessageContext): void {
  writer.u16(commandNumbers.get(mod.command)!);
  writer.u8(groupTypes.indexOf(mod.type));
  writer.zeros(1);
  writer.u32(mod.id);
  if (!hasBucketIds(context.version)) {
    for (const bucket of mod.buckets) writeBucket11(writer, bucket, context);
    return;
  }
  const lengthAt = writer.length;
  writer.zeros(4);
  writer.u32(commandBucketNumber(mod.commandBucket));
  const from = writer.length;
  for (const [index, bucket] of mod.buckets.entries()) {
    writeBucket15(writer, { ...bucket, id: bucket.id ?? index }, context, mod.type);
  }
  writer.patchU16(lengthAt, writer.length - from);
  writeSelection(writer, mod, context);
}

export const groupMod: MessageCodec<GroupModMessage> = {
  type: "group_mod",
  places: [message("1.1+", 15), niciraMessage("1.0", 31)],
  read: (body, context) => ({ type: "group_mod", mod: check(read(body, context)) }),
  write: (writer, { mod }, context) => write(writer, mod, context),
};
