/** IPv4 (RFC 791) and IPv6 (RFC 8200) headers, as far as handlers need them. */
import { type Address, addressBytes, addressFromBytes } from "../../network/ip.ts";
import { internetChecksum } from "./checksum.ts";

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

export interface IpPacket {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  /** False for all fragments but the first: they have no transport header. */
  readonly startsTransport: boolean;
  readonly payload: Uint8Array;
  /** Header and payload, without what Ethernet padded. */
  readonly whole: Uint8Array;
}

export function parseIp(bytes: Uint8Array): IpPacket | undefined {
  const version = bytes.length > 0 ? bytes[0] >> 4 : 0;
  return version === 4 ? parseIpv4(bytes) : version === 6 ? parseIpv6(bytes) : undefined;
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

function parseIpv4(bytes: Uint8Array): IpPacket | undefined {
  const headerLength = (bytes[0] & 0xf) * 4;
  if (bytes.length < 20 || headerLength < 20 || headerLength > bytes.length) return undefined;
  // A super-packet of more than 65535 bytes says 0; then everything counts.
  const total = word(bytes, 2) || bytes.length;
  const whole = bytes.subarray(0, Math.max(headerLength, Math.min(total, bytes.length)));
  return {
    source: addressFromBytes(bytes.subarray(12, 16)),
    destination: addressFromBytes(bytes.subarray(16, 20)),
    protocol: bytes[9],
    startsTransport: (word(bytes, 6) & 0x1fff) === 0,
    payload: whole.subarray(headerLength),
    whole,
  };
}

/** Hop-by-hop, routing, destination options: 8 bytes and 8 more for each count of their length field. */
const SKIPPED_EXTENSIONS = [0, 43, 60];
const FRAGMENT = 44;

function parseIpv6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined;
  const whole = bytes.subarray(0, Math.min(40 + (word(bytes, 4) || bytes.length), bytes.length));
  let protocol = bytes[6];
  let at = 40;
  let startsTransport = true;
  while ((SKIPPED_EXTENSIONS.includes(protocol) || protocol === FRAGMENT) && at + 8 <= whole.length) {
    if (protocol === FRAGMENT) startsTransport &&= (word(whole, at + 2) & 0xfff8) === 0;
    const length = protocol === FRAGMENT ? 8 : 8 + whole[at + 1] * 8;
    protocol = whole[at];
    at += length;
  }
  return {
    source: addressFromBytes(bytes.subarray(8, 24)),
    destination: addressFromBytes(bytes.subarray(24, 40)),
    protocol,
    startsTransport,
    payload: whole.subarray(Math.min(at, whole.length)),
    whole,
  };
}

export interface IpFields {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly ttl: number;
  readonly payload: Uint8Array;
  /** IPv4's flag DF; no router fragments IPv6. */
  readonly dontFragment?: boolean;
}

export function buildIp(fields: IpFields): Uint8Array {
  return fields.source.family === 4 ? buildIpv4(fields) : buildIpv6(fields);
}

function buildIpv4({ source, destination, protocol, ttl, payload, dontFragment }: IpFields): Uint8Array {
  const length = 20 + payload.length;
  const header = Uint8Array.from([
    ...[0x45, 0, length >>> 8, length & 0xff, 0, 0, dontFragment ? 0x40 : 0, 0, ttl, protocol, 0, 0],
    ...addressBytes(source),
    ...addressBytes(destination),
  ]);
  new DataView(header.buffer).setUint16(10, internetChecksum(header));
  return Uint8Array.from([...header, ...payload]);
}

function buildIpv6({ source, destination, protocol, ttl, payload }: IpFields): Uint8Array {
  return Uint8Array.from([
    ...[0x60, 0, 0, 0, payload.length >>> 8, payload.length & 0xff, protocol, ttl],
    ...addressBytes(source),
    ...addressBytes(destination),
    ...payload,
  ]);
}
