/** What: groups in ovs-ofctl's text: `group_id=1,type=select,selection_method=dp_hash,bucket=weight:100,actions=output:1`. */
import type { FormatOptions, ParseContext } from "../actions/definition.ts";
import { formatActions, parseActions } from "../actions/list.ts";
import { fieldByName } from "../flow/fields.ts";
import { fieldMask, isZero } from "../flow/flow.ts";
import { splitKeyValues } from "../flow/match-text.ts";
import { formatPort, parsePort } from "../flow/port-text.ts";
import { FlowTextError } from "../flow/subfield.ts";
import { formatFieldValue, parseFieldValue, parseInteger } from "../flow/value-text.ts";
import { formatDuration } from "./flow-text.ts";
import { type BucketSpec, GROUP_ALL, GROUP_MAX, type GroupMod } from "./modification.ts";
import type { Bucket, Group, GroupType } from "./rule.ts";

type Draft = { -readonly [K in keyof GroupMod]: GroupMod[K] };

const types: Readonly<Record<string, GroupType>> = {
  all: "all",
  select: "select",
  indirect: "indirect",
  ff: "fast_failover",
  fast_failover: "fast_failover",
};
const SELECTION_METHOD_BYTES = 16;

/** @throws FlowTextError */
export function parseGroup(text: string, command: GroupMod["command"] = "add", context: ParseContext = {}): GroupMod {
  const [head, ...bucketTexts] = text.split(/(?:^|[,\s])bucket=/);
  const whole = command === "add" || command === "modify" || command === "add_or_mod";
  const draft: Draft = {
    kind: "group",
    command,
    id: command === "delete" && head.trim() === "" ? GROUP_ALL : -1,
    type: "all",
    selectionMethod: "",
    selectionParam: 0n,
    fields: [],
    buckets: [],
  };
  let typed = false;
  for (const { key, value } of splitKeyValues(head)) {
    if (key === "group_id") draft.id = parseGroupId(value);
    else if (key === "type" && whole) {
      if (!types[value]) throw new FlowTextError(`invalid group type ${value}`);
      draft.type = types[value];
      typed = true;
    } else if (key === "command_bucket_id" && !whole && command !== "delete") {
      draft.commandBucket = parseCommandBucket(value, command);
    } else if (whole) acceptSelection(draft, key, value);
    else throw new FlowTextError(`${key} is not needed`);
  }
  if (draft.id < 0) throw new FlowTextError("must specify a group_id");
  if (whole && !typed) throw new FlowTextError("must specify a type");
  if (command === "insert_bucket" && draft.commandBucket === undefined) {
    throw new FlowTextError("must specify a command bucket id");
  }
  if (draft.selectionMethod !== "hash" && draft.fields.length > 0) {
    throw new FlowTextError('fields may only be specified with "selection_method=hash"');
  }
  if (draft.selectionMethod === "" && draft.selectionParam !== 0n) {
    throw new FlowTextError('selection_method_param is only allowed with "selection_method"');
  }
  if (bucketTexts.length > 0 && (command === "delete" || command === "remove_bucket")) {
    throw new FlowTextError("bucket is not needed");
  }
  draft.buckets = bucketTexts.map((bucket) => parseBucket(bucket.replace(/,\s*$/, ""), draft, context));
  return draft;
}

function parseGroupId(text: string): number {
  if (text === "all") return GROUP_ALL;
  const id = parseInteger(text);
  if (id === undefined || (id > GROUP_MAX && id !== BigInt(GROUP_ALL)))
    throw new FlowTextError(`invalid group id ${text}`);
  return Number(id);
}

function parseCommandBucket(text: string, command: GroupMod["command"]): NonNullable<GroupMod["commandBucket"]> {
  if (text === "first" || text === "last") return text;
  if (text === "all") {
    if (command === "insert_bucket") throw new FlowTextError("command_bucket_id=all is not permitted");
    return text;
  }
  const id = parseInteger(text);
  if (id === undefined || id > 0xffff_ff00n) throw new FlowTextError(`invalid command bucket id ${text}`);
  return Number(id);
}

function acceptSelection(draft: Draft, key: string, value: string): void {
  switch (key) {
    case "selection_method":
      if (value.length >= SELECTION_METHOD_BYTES) {
        throw new FlowTextError(`selection method is longer than ${SELECTION_METHOD_BYTES - 1} bytes long`);
      }
      if (value !== "hash" && value !== "dp_hash")
        throw new FlowTextError(`selection method '${value}' is not supported`);
      draft.selectionMethod = value;
      return;
    case "selection_method_param": {
      const param = parseInteger(value);
      if (param === undefined) throw new FlowTextError(`${value}: bad syntax for selection_method_param`);
      draft.selectionParam = param;
      return;
    }
    case "fields":
      draft.fields = parseFields(value);
      return;
  }
  throw new FlowTextError(`unknown keyword ${key}`);
}

/** `ip_src,tcp_dst` or `ip_src=255.255.0.0`: the values are masks. */
function parseFields(text: string): GroupMod["fields"] {
  const chosen = splitKeyValues(text).map(({ key, value }) => {
    const field = fieldByName(key);
    if (!field) throw new FlowTextError(`${text}: unknown field ${key}`);
    if (value === "") return { field, mask: undefined };
    const mask = parseFieldValue(field, value).value;
    if (isZero(mask)) throw new FlowTextError(`${value}: values are wildcards here and must not be all-zeros`);
    const exact = mask.every((byte, i) => byte === fieldMask(field)[i]);
    if (!exact && !field.maskable) throw new FlowTextError(`${value}: invalid mask for field ${field.name}`);
    return { field, mask: exact ? undefined : mask };
  });
  const twice = chosen.find(({ field }, i) => chosen.findIndex((other) => other.field === field) !== i);
  if (twice) throw new FlowTextError(`${twice.field.name}: duplicate field`);
  return chosen.sort((a, b) => a.field.id - b.field.id).map(({ field, mask }) => ({ name: field.name, mask }));
}

function parseBucket(text: string, group: Draft, context: ParseContext): BucketSpec {
  let weight = group.type === "select" || group.command === "insert_bucket" ? 1 : 0;
  let id: number | undefined;
  let watchPort: number | undefined;
  let watchGroup: number | undefined;
  let actions: string | undefined;
  for (let rest = text.trim(); rest !== ""; ) {
    const acts = /^actions?=(.*)$/s.exec(rest);
    if (acts) {
      actions = acts[1];
      break;
    }
    const pair = /^(weight|watch_port|watch_group|bucket_id)[:=]([^,\s]+)[,\s]*(.*)$/s.exec(rest);
    if (!pair) {
      // The old form has no `actions=`: whatever is left is actions.
      actions = rest;
      break;
    }
    const [, key, value] = pair;
    rest = pair[3];
    if (key === "watch_port") watchPort = parseWatchPort(value, context);
    else {
      const number = parseInteger(value);
      if (number === undefined || number > 0xffff_ff00n) throw new FlowTextError(`invalid ${key} "${value}"`);
      if (key === "weight") weight = Number(number);
      else if (key === "watch_group") watchGroup = Number(number);
      else id = Number(number);
    }
  }
  if (actions === undefined) throw new FlowTextError("bucket must specify actions");
  if (group.command !== "insert_bucket" && group.type !== "select" && weight) {
    throw new FlowTextError("Only select groups can have bucket weights.");
  }
  if (group.type === "fast_failover" && watchPort === undefined && watchGroup === undefined) {
    throw new FlowTextError("fast failover bucket requires watch_port or watch_group");
  }
  return { id, weight, watchPort, watchGroup, actions: parseActions(actions, context) };
}

const PORT_NONE = 0xffff;

function parseWatchPort(text: string, context: ParseContext): number | undefined {
  const port = parsePort(text, context.ports);
  if (port === undefined) throw new FlowTextError(`${text}: invalid watch_port`);
  return port === PORT_NONE ? undefined : port;
}

/** A line of `ovs-ofctl dump-groups`, without the blank it begins with there. */
export function formatGroup(group: Group, options: FormatOptions = {}): string {
  const type = group.type === "fast_failover" ? "ff" : group.type;
  const parts = [`group_id=${group.id}`, `type=${type}`];
  if (group.selectionMethod) parts.push(`selection_method=${group.selectionMethod}`);
  if (group.selectionParam) parts.push(`selection_method_param=${group.selectionParam}`);
  const fields = group.fields.map(({ name, mask }) =>
    mask ? `${name}=${formatFieldValue(fieldByName(name)!, mask)}` : name,
  );
  if (fields.length === 1) parts.push(`fields=${fields[0]}`);
  else if (fields.length > 1) parts.push(`fields(${fields.join(",")})`);
  for (const bucket of group.buckets) parts.push(`bucket=${formatBucket(bucket, group, options)}`);
  return parts.join(",");
}

function formatBucket(bucket: Bucket, group: Group, options: FormatOptions): string {
  const parts = [`bucket_id:${bucket.id}`];
  if (bucket.weight !== (group.type === "select" ? 1 : 0)) parts.push(`weight:${bucket.weight}`);
  if (bucket.watchPort !== undefined) parts.push(`watch_port:${formatPort(bucket.watchPort, options.ports)}`);
  if (bucket.watchGroup !== undefined) parts.push(`watch_group:${bucket.watchGroup}`);
  parts.push(`actions=${formatActions(bucket.actions, options)}`);
  return parts.join(",");
}

/** A line of `ovs-ofctl dump-group-stats`. `references` is the number of rules and groups that name it. */
export function formatGroupStatistics(group: Group, now: number, references: number): string {
  const counts = ({ packets, bytes }: { packets: bigint; bytes: bigint }): string =>
    `packet_count=${packets},byte_count=${bytes}`;
  const buckets = group.buckets.map((bucket, i) => `,bucket${i}:${counts(bucket.statistics)}`).join("");
  const duration = formatDuration(now - group.created);
  return `group_id=${group.id},duration=${duration},ref_count=${references},${counts(group.statistics)}${buckets}`;
}
