/** Frames and ct_state as the tests write them: "10.0.0.1:1000", "[fd00::1]:80", flags "SA", states "+est+trk". */
import ipaddr from "ipaddr.js";
import {
  CT_STATE_DNAT,
  CT_STATE_ESTABLISHED,
  CT_STATE_INVALID,
  CT_STATE_NEW,
  CT_STATE_RELATED,
  CT_STATE_REPLY,
  CT_STATE_SNAT,
  CT_STATE_TRACKED,
} from "../../assembly/layout/key.ts";
import * as frames from "../model/frames.ts";

export interface End {
  readonly address: Uint8Array;
  readonly port: number;
}

export function end(text: string): End {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  if (match === null) throw new Error(`no end of a connection: ${text}`);
  return {
    address: Uint8Array.from(ipaddr.parse(match[1] ?? match[2]).toByteArray()),
    port: Number(match[3] ?? 0),
  };
}

export function endText(address: Uint8Array, port: number): string {
  const text = ipaddr.fromByteArray([...address]);
  return text.kind() === "ipv6" ? `[${(text as ipaddr.IPv6).toRFC5952String()}]:${port}` : `${text.toString()}:${port}`;
}

/** An IP packet of either version in an Ethernet frame. */
export function ipFrame(source: End, destination: End, protocol: number, payload: Uint8Array): Uint8Array {
  const addresses = { source: source.address, destination: destination.address };
  return source.address.length === 4
    ? frames.ethernet(0x0800, frames.ipv4(addresses, protocol, payload))
    : frames.ethernet(0x86dd, frames.ipv6(addresses, protocol, payload));
}

const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

export interface Segment {
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  /** Bytes of payload, or the payload. */
  readonly data?: number | Uint8Array;
  /** Window scale option. */
  readonly scale?: number;
}

export function tcp(from: string, to: string, flags: string, segment: Segment = {}): Uint8Array {
  const source = end(from);
  const destination = end(to);
  const header = {
    source: source.port,
    destination: destination.port,
    sequence: segment.seq ?? 1000,
    acknowledgement: segment.ack ?? 0,
    window: segment.win ?? 1000,
    flags: [...flags].reduce((bits, letter) => bits | TCP_FLAGS[letter], 0),
    options: segment.scale === undefined ? undefined : Uint8Array.of(1, 3, 3, segment.scale),
  };
  const data = typeof segment.data === "number" ? new Uint8Array(segment.data).fill(0x61) : segment.data;
  const ip = { source: source.address, destination: destination.address };
  return ipFrame(source, destination, 6, frames.tcp(ip, header, data));
}

export function udp(from: string, to: string, data: Uint8Array = frames.bytesOf("64617461")): Uint8Array {
  const source = end(from);
  const destination = end(to);
  const ip = { source: source.address, destination: destination.address };
  return ipFrame(source, destination, 17, frames.udp(ip, source.port, destination.port, data));
}

/** Echo request or reply. */
export function echo(from: string, to: string, kind: "request" | "reply", id: number): Uint8Array {
  const source = end(from);
  const destination = end(to);
  const rest = frames.concat(frames.be16(id), frames.be16(1), frames.bytesOf("6162636465666768"));
  if (source.address.length === 4) {
    return ipFrame(source, destination, 1, frames.icmp(kind === "request" ? 8 : 0, 0, rest));
  }
  const ip = { source: source.address, destination: destination.address };
  return ipFrame(source, destination, 58, frames.icmpv6(ip, kind === "request" ? 128 : 129, 0, rest));
}

/** A destination-unreachable that quotes a frame's IP header and `quoted` bytes of what follows. */
export function unreachable(from: string, to: string, frame: Uint8Array, quoted = 8): Uint8Array {
  const source = end(from);
  const destination = end(to);
  const ipv6 = source.address.length === 16;
  const quote = frame.subarray(14, 14 + (ipv6 ? 40 : 20) + quoted);
  const rest = frames.concat([0, 0, 0, 0], quote);
  if (!ipv6) return ipFrame(source, destination, 1, frames.icmp(3, 1, rest));
  return ipFrame(
    source,
    destination,
    58,
    frames.icmpv6({ source: source.address, destination: destination.address }, 1, 3, rest),
  );
}

/** SCTP with one chunk: type, flags, value. */
export function sctp(from: string, to: string, tag: number, type: number, value: Uint8Array, flags = 0): Uint8Array {
  const source = end(from);
  const destination = end(to);
  const padding = new Uint8Array((4 - (value.length % 4)) % 4);
  const chunk = frames.concat([type, flags], frames.be16(4 + value.length), value, padding);
  return ipFrame(source, destination, 132, frames.sctp(source.port, destination.port, chunk, tag));
}

/** INIT (1) or INIT ACK (2) with an initiate tag. */
export function sctpInit(from: string, to: string, tag: number, type: 1 | 2, initiate: number): Uint8Array {
  const rest = frames.concat(frames.be32(initiate), frames.be32(65535), frames.be16(1), frames.be16(1), frames.be32(1));
  return sctp(from, to, tag, type, rest);
}

const STATES: readonly (readonly [number, string])[] = [
  [CT_STATE_NEW, "new"],
  [CT_STATE_ESTABLISHED, "est"],
  [CT_STATE_RELATED, "rel"],
  [CT_STATE_REPLY, "rpl"],
  [CT_STATE_INVALID, "inv"],
  [CT_STATE_TRACKED, "trk"],
  [CT_STATE_SNAT, "snat"],
  [CT_STATE_DNAT, "dnat"],
];

/** "+new+trk"; "" for a packet that was not tracked. */
export function stateText(state: number): string {
  return STATES.filter(([bit]) => state & bit)
    .map(([, name]) => `+${name}`)
    .join("");
}
