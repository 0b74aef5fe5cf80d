/**
 * Connections as `ovs-appctl dpctl/dump-conntrack` prints them, plain and with `-m`; `-s` adds the seconds left.
 *
 * The golden texts are those of OVS 3.1's userspace datapath. It knows neither ids nor a status: both are 0 with `-m`.
 */
import ipaddr from "ipaddr.js";
import type { Connection, ConnectionTuple } from "./datapath.ts";

export interface ConnectionTextOptions {
  /** `-m`: both ends' TCP states, flags, the parent. */
  readonly more?: boolean;
  /** `-s`: timeouts. */
  readonly statistics?: boolean;
}

const PROTOCOL_NAMES = new Map([
  [1, "icmp"],
  [2, "igmp"],
  [6, "tcp"],
  [17, "udp"],
  [33, "dccp"],
  [58, "icmpv6"],
  [132, "sctp"],
  [136, "udplite"],
]);

/** In the order of their numbers: the plain form shows the further one of both ends. */
export const TCP_ORDER = [
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

function addressText(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === "ipv6" ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

export function tupleText(tuple: ConnectionTuple): string {
  const addresses = `src=${addressText(tuple.source)},dst=${addressText(tuple.destination)}`;
  if (tuple.protocol === 1 || tuple.protocol === 58) {
    return `${addresses},id=${tuple.icmpId ?? 0},type=${tuple.icmpType ?? 0},code=${tuple.icmpCode ?? 0}`;
  }
  return `${addresses},sport=${tuple.sourcePort},dport=${tuple.destinationPort}`;
}

/** One state for both ends: the further one, with two of them called by what Linux would show. */
export function coalescedTcpState(original: string, reply: string): string {
  const further = TCP_ORDER.indexOf(original) >= TCP_ORDER.indexOf(reply) ? original : reply;
  if (further === "FIN_WAIT_2") return "TIME_WAIT";
  return further === "SYN_RECV" ? "ESTABLISHED" : further;
}

function protocolText(connection: Connection, more: boolean): string {
  const { tcp, sctp } = connection;
  if (sctp !== undefined) {
    return `,protoinfo=(state=${sctp.state},vtag_orig=${sctp.vtagOriginal},vtag_reply=${sctp.vtagReply})`;
  }
  if (tcp === undefined) return "";
  if (!more) return `,protoinfo=(state=${coalescedTcpState(tcp.stateOriginal, tcp.stateReply)})`;
  const scales = [tcp.wscaleOriginal ?? 0, tcp.wscaleReply ?? 0];
  const scaleText = scales[0] || scales[1] ? `,wscale_orig=${scales[0]},wscale_reply=${scales[1]}` : "";
  const flags = (names: readonly string[]) => (names.length === 0 ? "0" : names.join("|"));
  return (
    `,protoinfo=(state_orig=${tcp.stateOriginal},state_reply=${tcp.stateReply}${scaleText}` +
    `,flags_orig=${flags(tcp.flagsOriginal)},flags_reply=${flags(tcp.flagsReply)})`
  );
}

/** 128 bits in hexadecimal without leading zeros. */
function labelText(label: Uint8Array): string {
  return `0x${[...label]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .replace(/^0+/, "")}`;
}

/** One line, without a line feed. */
export function connectionText(connection: Connection, options: ConnectionTextOptions = {}): string {
  const more = options.more ?? false;
  const protocol = connection.original.protocol;
  const parts = [
    PROTOCOL_NAMES.get(protocol) ?? String(protocol),
    `,orig=(${tupleText(connection.original)}),reply=(${tupleText(connection.reply)})`,
    more ? ",id=0" : "",
    connection.zone !== 0 ? `,zone=${connection.zone}` : "",
    more ? ",status=0" : "",
    options.statistics ? `,timeout=${connection.timeout}` : "",
    connection.mark !== 0 ? `,mark=${connection.mark}` : "",
    connection.label.some((byte) => byte !== 0) ? `,labels=${labelText(connection.label)}` : "",
    protocolText(connection, more),
    connection.helper !== undefined ? `,helper=${connection.helper}` : "",
    more && connection.parent !== undefined ? `,parent=(${tupleText(connection.parent)})` : "",
  ];
  return parts.join("");
}
