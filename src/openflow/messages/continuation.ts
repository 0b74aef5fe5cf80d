/**
 * Where a paused pipeline goes on: a private part of a packet-in that a controller hands back as it got it.
 *
 * Properties: bridge (16 bytes), stack (one each, top first), "tracked", actions in groups, each after the table and cookie they
 * came from when these change, action set. Numbers and forms are OVS's, so that its tools can show them.
 */
import type { Action } from "../../slowpath/actions/action.ts";
import type { FrozenAction } from "../../slowpath/translate/recirculation.ts";
import { readActions, writeActions } from "../actions/list.ts";
import { bytesOfNumber, numberOf } from "../fields/value.ts";
import type { WireContext } from "../wire/context.ts";
import { readProperties, unknownProperty, writeProperty } from "../wire/property.ts";
import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

export interface Continuation {
  /** 16 bytes that name the bridge in this run of the switch. */
  readonly bridge: Uint8Array;
  readonly actions: readonly FrozenAction[];
  /** Bottom first. */
  readonly stack: readonly (number | bigint)[];
  readonly actionSet: readonly Action[];
  readonly conntracked: boolean;
}

const BRIDGE = 0x8000;
const STACK = 0x8001;
const MIRRORS = 0x8002;
const CONNTRACKED = 0x8003;
const TABLE_ID = 0x8004;
const COOKIE = 0x8005;
const ACTIONS = 0x8006;
const ACTION_SET = 0x8007;
const ODP_PORT = 0x8008;
const BRIDGE_BYTES = 16;

/** Nested lists lie at a multiple of 8, behind padding. */
const NESTED_PAD = 4;

function group(actions: readonly FrozenAction[]): { table?: number; cookie?: bigint; actions: Action[] }[] {
  const groups: { table?: number; cookie?: bigint; actions: Action[] }[] = [{ actions: [] }];
  for (const action of actions) {
    if (action.type === "unroll") groups.push({ table: action.table, cookie: action.cookie, actions: [] });
    else groups.at(-1)!.actions.push(action);
  }
  return groups.filter((one) => one.actions.length > 0 || one.table !== undefined);
}

export function writeContinuation(writer: Writer, continuation: Continuation, context: WireContext): void {
  const { bridge, actions, stack, actionSet, conntracked } = continuation;
  const nested = (type: number, list: readonly Action[]): void => {
    writeProperty(writer, type, () => {
      writer.zeros(NESTED_PAD);
      writeActions(writer, list, context);
    });
  };
  writer.zeros(NESTED_PAD);
  writeProperty(writer, BRIDGE, () => writer.bytes(bridge));
  for (const value of stack.toReversed()) writeProperty(writer, STACK, () => writer.bytes(stackBytes(value)));
  if (conntracked) writeProperty(writer, CONNTRACKED, () => {});
  let table = 0;
  let cookie = 0n;
  for (const one of group(actions)) {
    if (one.table !== undefined && one.table !== table) {
      table = one.table;
      writeProperty(writer, TABLE_ID, () => writer.u8(table));
    }
    if (one.cookie !== undefined && one.cookie !== cookie) {
      cookie = one.cookie;
      writeProperty(writer, COOKIE, () => {
        writer.zeros(4);
        writer.u64(cookie);
      });
    }
    nested(ACTIONS, one.actions);
  }
  if (actionSet.length > 0) nested(ACTION_SET, actionSet);
}

function stackBytes(value: number | bigint): Uint8Array {
  const number = BigInt(value);
  const bytes = Math.max(1, Math.ceil(number.toString(16).length / 2));
  return bytesOfNumber(number, bytes);
}

function readNested(bytes: Uint8Array, context: WireContext): Action[] {
  const body = new Reader(bytes, "OFPBPC_BAD_LEN");
  body.skip(NESTED_PAD);
  return readActions(body, context);
}

export function readContinuation(body: Reader, context: WireContext): Continuation {
  let bridge = new Uint8Array(BRIDGE_BYTES);
  const stack: (number | bigint)[] = [];
  const actions: FrozenAction[] = [];
  let actionSet: Action[] = [];
  let conntracked = false;
  let table = 0;
  let cookie = 0n;
  body.skip(NESTED_PAD);
  for (const property of readProperties(body)) {
    const part = property.body;
    switch (property.type) {
      case BRIDGE:
        bridge = new Uint8Array(part.bytes(BRIDGE_BYTES));
        break;
      case STACK:
        stack.unshift(stackValue(part.rest()));
        break;
      case MIRRORS:
      case ODP_PORT:
        break;
      case CONNTRACKED:
        conntracked = true;
        break;
      case TABLE_ID:
        table = part.u8();
        break;
      case COOKIE:
        part.skip(4);
        cookie = part.u64();
        break;
      case ACTIONS:
        actions.push({ type: "unroll", table, cookie }, ...readNested(property.bytes, context));
        break;
      case ACTION_SET:
        actionSet = readNested(property.bytes, context);
        break;
      default:
        throw unknownProperty(property);
    }
  }
  return { bridge, actions, stack, actionSet, conntracked };
}

/** As translation keeps them: numbers up to 32 bits, bigints beyond. */
function stackValue(bytes: Uint8Array): number | bigint {
  const value = numberOf(bytes);
  return value <= 0xffff_ffffn ? Number(value) : value;
}
