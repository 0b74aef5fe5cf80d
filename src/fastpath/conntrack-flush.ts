/** What COMMAND_CT_FLUSH carries (CT_FLUSH_*). */
import {
  CT_FLUSH_BY_TUPLE,
  CT_FLUSH_BY_ZONE,
  CT_FLUSH_DST,
  CT_FLUSH_DST_L4,
  CT_FLUSH_FAMILY,
  CT_FLUSH_FLAGS,
  CT_FLUSH_PROTOCOL,
  CT_FLUSH_SIZE,
  CT_FLUSH_SRC,
  CT_FLUSH_SRC_L4,
  CT_FLUSH_ZONE,
} from "../../assembly/layout/conntrack-command.ts";
import type { ConnectionTuple } from "./datapath.ts";

const ICMP = 1;
const ICMPV6 = 58;

/** ICMP questions and the types that answer them (RFC 792; RFC 4443). */
const COUNTERPARTS = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [128, 129],
  [129, 128],
]);

/** Writes the arguments at `args`. A tuple without a zone is one of zone 0. */
export function writeFlushFilter(
  view: DataView,
  args: number,
  filter: { zone?: number; tuple?: ConnectionTuple },
): void {
  new Uint8Array(view.buffer, view.byteOffset + args, CT_FLUSH_SIZE).fill(0);
  const { zone, tuple } = filter;
  const flags = tuple !== undefined ? CT_FLUSH_BY_TUPLE : zone !== undefined ? CT_FLUSH_BY_ZONE : 0;
  view.setUint32(args + CT_FLUSH_FLAGS, flags, true);
  view.setUint32(args + CT_FLUSH_ZONE, zone ?? 0, true);
  if (tuple === undefined) return;
  const ipv6 = tuple.source.length === 16;
  view.setUint8(args + CT_FLUSH_FAMILY, ipv6 ? 6 : 4);
  view.setUint8(args + CT_FLUSH_PROTOCOL, tuple.protocol);
  const bytes = new Uint8Array(view.buffer, view.byteOffset);
  bytes.set(tuple.source, args + CT_FLUSH_SRC);
  bytes.set(tuple.destination, args + CT_FLUSH_DST);
  if (tuple.protocol === (ipv6 ? ICMPV6 : ICMP)) {
    const type = tuple.icmpType ?? 0;
    writeIcmpEnd(view, args + CT_FLUSH_SRC_L4, tuple.icmpId ?? 0, type, tuple.icmpCode ?? 0);
    writeIcmpEnd(view, args + CT_FLUSH_DST_L4, tuple.icmpId ?? 0, COUNTERPARTS.get(type) ?? type, 0);
  } else {
    view.setUint16(args + CT_FLUSH_SRC_L4, tuple.sourcePort);
    view.setUint16(args + CT_FLUSH_DST_L4, tuple.destinationPort);
  }
}

function writeIcmpEnd(view: DataView, address: number, id: number, type: number, code: number): void {
  view.setUint16(address, id);
  view.setUint8(address + 2, type);
  view.setUint8(address + 3, code);
}
