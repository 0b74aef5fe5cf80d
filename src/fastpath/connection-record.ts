/** A connection record (CONN_*) as the datapath interface shows it. */
import {
  CONN_EXPIRES,
  CONN_FAMILY,
  CONN_FLAG_FTP,
  CONN_FLAG_RELATED,
  CONN_FLAG_TFTP,
  CONN_FLAGS,
  CONN_LABEL,
  CONN_MARK,
  CONN_PARENT,
  CONN_PEER,
  CONN_PROTOCOL,
  CONN_PROTOCOL_STATE,
  CONN_TUPLE,
  CONN_TUPLE6,
  CONN_VTAG,
  CONN_ZONE,
  PEER_SCALE,
  PEER_SCALE_KNOWN,
  PEER_SCALE_SHIFT,
  PEER_SCALE_UNKNOWN,
  PEER_SIZE,
  PEER_STATE,
  TUPLE_DST,
  TUPLE_DST_L4,
  TUPLE_SIZE,
  TUPLE_SRC,
  TUPLE_SRC_L4,
  TUPLE6_SIZE,
} from "../../assembly/layout/conntrack.ts";
import {
  EXPECTATION_PARENT_KEY,
  EXPECTATION_PARENT_TUPLE,
  EXPECTATION_PARENT_TUPLE6,
} from "../../assembly/layout/expectation.ts";
import type { Connection, ConnectionTuple } from "./datapath.ts";

const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;
const SCTP = 132;

/** By TCP_STATE_*. */
const TCP_STATES = [
  "CLOSED",
  "LISTEN",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "CLOSE_WAIT",
  "FIN_WAIT_1",
  "CLOSING",
  "LAST_ACK",
  "FIN_WAIT_2",
  "TIME_WAIT",
];

/** By SCTP_STATE_*, in the names of OVS's dumps. */
const SCTP_STATES = [
  "CLOSED",
  "COOKIE_WAIT",
  "COOKIE_ECHOED",
  "ESTABLISHED",
  "SHUTDOWN_SENT",
  "SHUTDOWN_RECD",
  "SHUTDOWN_ACK_SENT",
];

function copyBytes(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

/** The tuple at `tuple`; `tuple6` is where IPv6 addresses are. */
function readTuple(view: DataView, tuple: number, tuple6: number, family: number, protocol: number): ConnectionTuple {
  const ipv6 = family === 6;
  const addresses = {
    source: ipv6 ? copyBytes(view, tuple6, 16) : copyBytes(view, tuple + TUPLE_SRC, 4),
    destination: ipv6 ? copyBytes(view, tuple6 + 16, 16) : copyBytes(view, tuple + TUPLE_DST, 4),
    protocol,
  };
  if (protocol === (ipv6 ? ICMPV6 : ICMP)) {
    return {
      ...addresses,
      sourcePort: 0,
      destinationPort: 0,
      icmpId: view.getUint16(tuple + TUPLE_SRC_L4),
      icmpType: view.getUint8(tuple + TUPLE_SRC_L4 + 2),
      icmpCode: view.getUint8(tuple + TUPLE_SRC_L4 + 3),
    };
  }
  return {
    ...addresses,
    sourcePort: view.getUint16(tuple + TUPLE_SRC_L4),
    destinationPort: view.getUint16(tuple + TUPLE_DST_L4),
  };
}

function readPeer(record: DataView, index: number) {
  const peer = CONN_PEER + index * PEER_SIZE;
  const scale = record.getUint8(peer + PEER_SCALE);
  const state = record.getUint8(peer + PEER_STATE);
  const flags: string[] = [];
  if (scale & PEER_SCALE_KNOWN) flags.push("WINDOW_SCALE");
  if (scale & PEER_SCALE_UNKNOWN) flags.push("BE_LIBERAL");
  return { state: TCP_STATES[state] ?? `[${state}]`, scale: scale & PEER_SCALE_SHIFT, flags };
}

function protocolState(record: DataView, protocol: number): Pick<Connection, "tcp" | "sctp"> {
  if (protocol === TCP) {
    const original = readPeer(record, 0);
    const reply = readPeer(record, 1);
    return {
      tcp: {
        stateOriginal: original.state,
        stateReply: reply.state,
        wscaleOriginal: original.scale,
        wscaleReply: reply.scale,
        flagsOriginal: original.flags,
        flagsReply: reply.flags,
      },
    };
  }
  if (protocol === SCTP) {
    const state = record.getUint8(CONN_PROTOCOL_STATE);
    return {
      sctp: {
        state: SCTP_STATES[state] ?? `[${state}]`,
        vtagOriginal: record.getUint32(CONN_VTAG),
        vtagReply: record.getUint32(CONN_VTAG + 4),
      },
    };
  }
  return {};
}

/**
 * Reads a copy of a record. `memory` is linear memory (a child's parent is described there), `now` CONTROL_NOW.
 * @returns undefined for a connection that has timed out
 */
export function readConnection(record: DataView, memory: DataView, now: bigint): Connection | undefined {
  const left = record.getBigUint64(CONN_EXPIRES, true) - now;
  if (left <= 0n) return undefined;
  const family = record.getUint8(CONN_FAMILY);
  const protocol = record.getUint8(CONN_PROTOCOL);
  const flags = record.getUint32(CONN_FLAGS, true);
  const helper = flags & CONN_FLAG_FTP ? "ftp" : flags & CONN_FLAG_TFTP ? "tftp" : undefined;
  const parent = flags & CONN_FLAG_RELATED ? readParent(memory, record.getUint32(CONN_PARENT, true)) : undefined;
  return {
    original: readTuple(record, CONN_TUPLE, CONN_TUPLE6, family, protocol),
    reply: readTuple(record, CONN_TUPLE + TUPLE_SIZE, CONN_TUPLE6 + TUPLE6_SIZE, family, protocol),
    zone: record.getUint16(CONN_ZONE, true),
    mark: record.getUint32(CONN_MARK),
    label: copyBytes(record, CONN_LABEL, 16),
    timeout: Number(left / 1000n),
    ...protocolState(record, protocol),
    ...(helper === undefined ? {} : { helper }),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** The tuple of the control connection, from the expectation at `address`. */
function readParent(memory: DataView, address: number): ConnectionTuple | undefined {
  if (address === 0) return undefined;
  const key = memory.getUint32(address + EXPECTATION_PARENT_KEY, true);
  const tuple = address + EXPECTATION_PARENT_TUPLE;
  return readTuple(memory, tuple, address + EXPECTATION_PARENT_TUPLE6, key >>> 24, (key >>> 16) & 0xff);
}
