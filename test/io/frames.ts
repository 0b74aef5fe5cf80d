/** Frames for the tests of input and output, and the checksum that judges them (RFC 1071). */
import { VNET_F_NEEDS_CSUM } from "../../assembly/layout/packet.ts";

export const ETHERNET = Buffer.from("0200000000020200000000010800", "hex");
const SOURCE = Buffer.from("0a000001", "hex");
const DESTINATION = Buffer.from("0a000002", "hex");

/** Folded ones' complement sum, not inverted. */
export function sum16(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

const pseudoHeader = (protocol: number, length: number): Buffer =>
  Buffer.concat([SOURCE, DESTINATION, Buffer.of(0, protocol, length >> 8, length & 0xff)]);

function ipv4(protocol: number, l4: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + l4.length, 2);
  header.writeUInt16BE(0x1234, 4);
  header[8] = 64;
  header[9] = protocol;
  header.set(SOURCE, 12);
  header.set(DESTINATION, 16);
  header.writeUInt16BE(~sum16(header) & 0xffff, 10);
  return Buffer.concat([ETHERNET, header, l4]);
}

/** TCP over IPv4 with the checksum left open: the field holds the pseudo-header's sum. */
export function tcpFrame(payload: Uint8Array, flags = 0x18): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(40000, 0);
  tcp.writeUInt16BE(80, 2);
  tcp.writeUInt32BE(1000, 4);
  tcp[12] = 0x50;
  tcp[13] = flags;
  tcp.writeUInt16BE(sum16(pseudoHeader(6, 20 + payload.length)), 16);
  return ipv4(6, Buffer.concat([tcp, payload]));
}

/** Whether the TCP checksum of an untagged IPv4 frame sums up. */
export function isTcpSumRight(frame: Buffer): boolean {
  const l4 = frame.subarray(34, 14 + frame.readUInt16BE(16));
  return sum16(pseudoHeader(6, l4.length), l4) === 0xffff;
}

export const isIpv4SumRight = (frame: Buffer): boolean => sum16(frame.subarray(14, 34)) === 0xffff;

/** struct virtio_net_hdr of a TCP frame over IPv4 without options. */
export function vnetHeader(gsoType = 0, gsoSize = 0, flags = VNET_F_NEEDS_CSUM): Buffer {
  const header = Buffer.alloc(10);
  header[0] = flags;
  header[1] = gsoType;
  header.writeUInt16LE(54, 2);
  header.writeUInt16LE(gsoSize, 4);
  header.writeUInt16LE(34, 6);
  header.writeUInt16LE(16, 8);
  return header;
}

/** Bytes that differ from their neighbours, so that a shift is noticed. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}
