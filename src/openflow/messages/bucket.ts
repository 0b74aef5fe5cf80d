/**
 * Buckets of groups.
 *
 *     1.1–1.4: length u16, weight u16, watch_port u32, watch_group u32, pad 4, actions
 *     1.5 (and Nicira's group mod for 1.0): length u16, actions' length u16, id u32, actions, properties
 */
import { PORT_NONE } from "../../slowpath/flow/port-text.ts";
import type { BucketSpec } from "../../slowpath/tables/modification.ts";
import type { GroupType } from "../../slowpath/tables/rule.ts";
import { checkActions } from "../actions/check.ts";
import { readActions, writeActions } from "../actions/list.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32, portTo32 } from "../wire/ports.ts";
import { readProperties, unknownProperty, writeProperty, writeU16Property } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

const GROUP_ANY = 0xffff_ffff;
const BUCKET_MAX = 0xffff_ff00;
const HEADER11 = 16;
const HEADER15 = 8;
/** Properties. */
const WEIGHT = 0;
const WATCH_PORT = 1;
const WATCH_GROUP = 2;

function watchPortOf(number: number): number | undefined {
  try {
    const port = portFrom32(number);
    return port === PORT_NONE ? undefined : port;
  } catch {
    throw new OpenFlowError("OFPGMFC_BAD_WATCH", `watched port ${number}`);
  }
}

function watchGroupOf(id: number): number | undefined {
  return id === GROUP_ANY ? undefined : id;
}

function bucketBody(reader: Reader, header: number): Reader {
  if (reader.remaining < header) throw new OpenFlowError("OFPGMFC_BAD_BUCKET", "a bucket is cut off");
  const length = reader.u16();
  if (length < header || length - 2 > reader.remaining || length % 8 !== 0) {
    throw new OpenFlowError("OFPGMFC_BAD_BUCKET", `a bucket is ${length} bytes long`);
  }
  return reader.part(length - 2, "OFPGMFC_BAD_BUCKET");
}

function readActionList(body: Reader, context: WireContext): BucketSpec["actions"] {
  const actions = readActions(body, context);
  checkActions(actions);
  return actions;
}

export function readBucket11(reader: Reader, context: WireContext): BucketSpec {
  const body = bucketBody(reader, HEADER11);
  const weight = body.u16();
  const watchPort = watchPortOf(body.u32());
  const watchGroup = watchGroupOf(body.u32());
  body.skip(4);
  return { weight, watchPort, watchGroup, actions: readActionList(body, context) };
}

export function readBucket15(reader: Reader, context: WireContext, type: GroupType): BucketSpec {
  const body = bucketBody(reader, HEADER15);
  const actionsLength = body.u16();
  const id = body.u32();
  if (id > BUCKET_MAX) throw new OpenFlowError("OFPGMFC_BAD_BUCKET", `bucket id ${id} is reserved`);
  const actions = readActionList(body.part(actionsLength), context);
  let weight = type === "select" ? 1 : 0;
  let watchPort: number | undefined;
  let watchGroup: number | undefined;
  for (const property of readProperties(body)) {
    if (property.experimenter !== 0) throw unknownProperty(property);
    if (property.type === WEIGHT) weight = property.body.u16();
    else if (property.type === WATCH_PORT) watchPort = watchPortOf(property.body.u32());
    else if (property.type === WATCH_GROUP) watchGroup = watchGroupOf(property.body.u32());
    else throw unknownProperty(property);
  }
  return { id, weight, watchPort, watchGroup, actions };
}

export function writeBucket11(writer: Writer, bucket: BucketSpec, context: WireContext): void {
  const from = writer.length;
  writer.u16(0);
  writer.u16(bucket.weight);
  writer.u32(portTo32(bucket.watchPort ?? PORT_NONE));
  writer.u32(bucket.watchGroup ?? GROUP_ANY);
  writer.zeros(4);
  writeActions(writer, bucket.actions, context);
  writer.patchU16(from, writer.length - from);
}

export function writeBucket15(writer: Writer, bucket: BucketSpec, context: WireContext, type: GroupType): void {
  const from = writer.length;
  const { weight, watchPort, watchGroup } = bucket;
  writer.u16(0);
  writer.u16(0);
  writer.u32(bucket.id ?? 0);
  writeActions(writer, bucket.actions, context);
  writer.patchU16(from + 2, writer.length - from - HEADER15);
  if (type === "select" || weight !== 0) writeU16Property(writer, WEIGHT, weight);
  if (watchPort !== undefined) writeProperty(writer, WATCH_PORT, () => writer.u32(portTo32(watchPort)));
  if (watchGroup !== undefined) writeProperty(writer, WATCH_GROUP, () => writer.u32(watchGroup));
  writer.patchU16(from, writer.length - from);
}
