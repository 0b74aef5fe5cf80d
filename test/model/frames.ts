/** Builds frames from parts, with right lengths and checksums. */
import { crc32c, internetChecksum, pseudoHeaderSum } from "./checksums.ts";

export const MAC_A = bytesOf("02 00 00 00 00 0a");
export const MAC_B = bytesOf("02 00 00 00 00 0b");

/** "02 00 0a" or "02000a". */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

export function concat(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function be16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

export function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function ipv4Address(text: string): Uint8Array {
  return Uint8Array.from(text.split(".").map(Number));
}

/** Full form only: eight groups, no "::". */
export function ipv6Address(text: string): Uint8Array {
  return Uint8Array.from(text.split(":").flatMap((group) => be16(Number.parseInt(group, 16))));
}

export interface Tag {
  readonly tpid: number;
  readonly tci: number;
}

export function ethernet(type: number, payload: Uint8Array, tags: readonly Tag[] = []): Uint8Array {
  return concat(MAC_B, MAC_A, ...tags.map((tag) => [...be16(tag.tpid), ...be16(tag.tci)]), be16(type), payload);
}

export interface Ip {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly tos?: number;
  readonly ttl?: number;
}

export interface Ipv4 extends Ip {
  readonly id?: number;
  /** Flags and offset, as in the header. */
  readonly fragment?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
}

export function ipv4(header: Ipv4, protocol: number, payload: Uint8Array): Uint8Array {
  const options = header.options ?? new Uint8Array();
  const bytes = concat(
    [0x45 + options.length / 4, header.tos ?? 0],
    be16(20 + options.length + payload.length),
    be16(header.id ?? 1),
    be16(header.fragment ?? 0),
    [header.ttl ?? 64, protocol, 0, 0],
    header.source,
    header.destination,
    options,
  );
  bytes.set(be16(internetChecksum(bytes)), 10);
  return concat(bytes, payload);
}

export interface Ipv6 extends Ip {
  readonly label?: number;
  /** Extension headers, complete; `next` is the type of the first. */
  readonly extensions?: { readonly next: number; readonly bytes: Uint8Array };
}

export function ipv6(header: Ipv6, protocol: number, payload: Uint8Array): Uint8Array {
  const extensions = header.extensions?.bytes ?? new Uint8Array();
  return concat(
    be32(((6 << 28) | ((header.tos ?? 0) << 20) | (header.label ?? 0)) >>> 0),
    be16(extensions.length + payload.length),
    [header.extensions?.next ?? protocol, header.ttl ?? 64],
    header.source,
    header.destination,
    extensions,
    payload,
  );
}

/** Puts the Internet checksum of `bytes` at `offset`, over the pseudo-header of `ip` unless that is undefined. */
function withChecksum(bytes: Uint8Array, offset: number, protocol: number, ip: Ip | undefined): Uint8Array {
  const pseudo = ip === undefined ? 0 : pseudoHeaderSum(ip.source, ip.destination, protocol, bytes.length);
  const sum = internetChecksum(bytes, pseudo);
  bytes.set(be16(sum === 0 && protocol === 17 ? 0xffff : sum), offset);
  return bytes;
}

export interface Tcp {
  readonly source: number;
  readonly destination: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly options?: Uint8Array;
}

export function tcp(ip: Ip, header: Tcp, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const options = header.options ?? new Uint8Array();
  const bytes = concat(
    be16(header.source),
    be16(header.destination),
    be32(header.sequence ?? 1),
    be32(header.acknowledgement ?? 7),
    be16(((5 + options.length / 4) << 12) | (header.flags ?? 0x10)),
    be16(header.window ?? 501),
    [0, 0, 0, 0],
    options,
    payload,
  );
  return withChecksum(bytes, 16, 6, ip);
}

export function udp(ip: Ip, source: number, destination: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = concat(be16(source), be16(destination), be16(8 + payload.length), [0, 0], payload);
  return withChecksum(bytes, 6, 17, ip);
}

export function sctp(
  source: number,
  destination: number,
  payload: Uint8Array = new Uint8Array(),
  tag = 0x01020304,
): Uint8Array {
  const bytes = concat(be16(source), be16(destination), be32(tag), [0, 0, 0, 0], payload);
  new DataView(bytes.buffer).setUint32(8, crc32c(bytes), true);
  return bytes;
}

export function icmp(type: number, code: number, rest: Uint8Array): Uint8Array {
  return withChecksum(concat([type, code, 0, 0], rest), 2, 1, undefined);
}

export function icmpv6(ip: Ip, type: number, code: number, rest: Uint8Array): Uint8Array {
  return withChecksum(concat([type, code, 0, 0], rest), 2, 58, ip);
}

export function arp(operation: number, senderIp: Uint8Array, targetIp: Uint8Array): Uint8Array {
  return concat(be16(1), be16(0x0800), [6, 4], be16(operation), MAC_A, senderIp, MAC_B, targetIp);
}
