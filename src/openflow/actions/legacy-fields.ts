/** The actions of OpenFlow 1.0 and 1.1 that write one field each, and Nicira's set_tunnel: read as set_field. */
import type { SetFieldAction } from "../../slowpath/actions/action.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, fieldMask, sameBytes, valueOfBytes } from "../../slowpath/flow/flow.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionForm, nicira, standard, writeNicira, writeStandard } from "./definition.ts";
import { cameAs } from "./form-memory.ts";

const SET_TTL = 23;
const SET_MPLS_TTL = 15;
/** Nicira's number, for 1.0. */
const SET_MPLS_TTL_10 = 25;
const SET_TUNNEL = 2;
const SET_TUNNEL64 = 9;

function whole(name: string, value: bigint): SetFieldAction {
  const target = field(name);
  const bits = (1n << BigInt(target.bits)) - 1n;
  return { type: "set_field", field: target, value: bytesOfValue(target, value & bits), mask: fieldMask(target) };
}

/** Field, bytes of its value (6: an address), number in 1.0 and from 1.1 on; undefined: not there. */
type Row = readonly [name: string, bytes: 1 | 2 | 4 | 6, in10: number | undefined, in11: number | undefined];

const rows: readonly Row[] = [
  ["eth_src", 6, 4, 3],
  ["eth_dst", 6, 5, 4],
  ["ip_src", 4, 6, 5],
  ["ip_dst", 4, 7, 6],
  ["nw_tos", 1, 8, 7],
  ["nw_ecn", 1, undefined, 8],
  ["mpls_label", 4, undefined, 13],
  ["mpls_tc", 1, undefined, 14],
];

const byField = new Map(rows.map((row) => [row[0], row]));

function readBytes(body: Reader, bytes: Row[1]): bigint {
  if (bytes === 1) return BigInt(body.u8());
  if (bytes === 2) return BigInt(body.u16());
  if (bytes === 4) return BigInt(body.u32());
  return (BigInt(body.u16()) << 32n) | BigInt(body.u32());
}

function lengthOf(bytes: Row[1]): number {
  return bytes === 6 ? 16 : 8;
}

export const legacyForms: readonly ActionForm[] = [
  ...rows.flatMap(([name, bytes, in10, in11]) => {
    const read = (body: Reader): SetFieldAction => {
      const action = whole(name, readBytes(body, bytes));
      return name === "nw_tos" ? cameAs(action, "tos") : action;
    };
    return [
      ...(in10 === undefined ? [] : [standard("1.0", in10, lengthOf(bytes), read)]),
      ...(in11 === undefined ? [] : [standard("1.1+", in11, lengthOf(bytes), read)]),
    ];
  }),
  standard("1.1+", SET_TTL, 8, (body) => cameAs(whole("nw_ttl", BigInt(body.u8())), "ttl")),
  nicira("1.0", 30, 16, (body) => whole("mpls_label", BigInt(skip2(body).u32()))),
  nicira("1.0", 31, 16, (body) => whole("mpls_tc", BigInt(body.u8()))),
  nicira("1.0", SET_MPLS_TTL_10, 16, readMplsTtl),
  standard("1.1+", SET_MPLS_TTL, 8, readMplsTtl),
  nicira("1.0+", SET_TUNNEL, 16, (body) => cameAs(whole("tun_id", BigInt(skip2(body).u32())), "tunnel")),
  nicira("1.0+", SET_TUNNEL64, 24, (body) => {
    body.skip(6);
    return cameAs(whole("tun_id", body.u64()), "tunnel");
  }),
];

/** A u32 of an extension's action begins at a multiple of four. */
function skip2(body: Reader): Reader {
  body.skip(2);
  return body;
}

function readMplsTtl(body: Reader): SetFieldAction {
  return cameAs(whole("mpls_ttl", BigInt(body.u8())), "ttl");
}

export function writeMplsTtl(writer: Writer, value: number, is10: boolean): void {
  if (is10) writeNicira(writer, SET_MPLS_TTL_10, () => writer.u8(value));
  else writeStandard(writer, SET_MPLS_TTL, () => writer.u8(value));
}

export function writeTtl(writer: Writer, value: number): void {
  writeStandard(writer, SET_TTL, () => writer.u8(value));
}

export function writeTunnel(writer: Writer, id: bigint): void {
  if (id <= 0xffff_ffffn) {
    writeNicira(writer, SET_TUNNEL, () => {
      writer.zeros(2);
      writer.u32(Number(id));
    });
  } else {
    writeNicira(writer, SET_TUNNEL64, () => {
      writer.zeros(6);
      writer.u64(id);
    });
  }
}

const SET_TP_SRC = 9;
const SET_TP_DST = 10;
const ports: Readonly<Record<string, number>> = {
  tcp_src: SET_TP_SRC,
  udp_src: SET_TP_SRC,
  tcp_dst: SET_TP_DST,
  udp_dst: SET_TP_DST,
};

/** False: the old versions have no action for the field, or not for part of it. */
export function writeLegacy(writer: Writer, action: SetFieldAction, is10: boolean): boolean {
  const { field: target, value, mask } = action;
  if (!sameBytes(mask, fieldMask(target))) return false;
  const number = valueOfBytes(target, value);
  const port = ports[target.name];
  if (port !== undefined) {
    writeStandard(writer, port, () => writer.u16(Number(number)));
    return true;
  }
  if (target.name === "vlan_vid") {
    writeStandard(writer, 1, () => writer.u16(Number(number) & 0xfff));
    return true;
  }
  if (target.name === "vlan_pcp") {
    writeStandard(writer, 2, () => writer.u8(Number(number)));
    return true;
  }
  const dscp = target.name === "ip_dscp";
  const row = byField.get(dscp ? "nw_tos" : target.name);
  const type = is10 ? row?.[2] : row?.[3];
  if (!row || type === undefined || target.name.startsWith("mpls")) return false;
  writeStandard(writer, type, () => {
    if (row[1] === 1) writer.u8(dscp ? value[0] : Number(number));
    else if (row[1] === 4) writer.u32(Number(number));
    else writer.bytes(value);
  });
  return true;
}
