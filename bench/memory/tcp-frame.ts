/** A TCP/IPv4 frame of 60 bytes with right checksums. */
import { IPV4_CHECKSUM, IPV4_DESTINATION, IPV4_SOURCE, TCP_CHECKSUM } from "./source-layout.ts";

export interface TcpFrame {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
}

export const SYN = 0x02;
export const ACK = 0x10;
export const FRAME_BYTES = 60;

const IPV4 = 14;
const TCP = 34;
const TCP_END = 54;
const PROTOCOL_TCP = 6;

export function tcpFrame(fields: TcpFrame): Uint8Array {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.write("0a00000000020a00000000010800", "hex");
  bytes.write("4500002800004000400600000000000000000000", IPV4, "hex");
  bytes.writeUInt32BE(fields.source, IPV4_SOURCE);
  bytes.writeUInt32BE(fields.destination, IPV4_DESTINATION);
  bytes.writeUInt16BE(fields.sourcePort, TCP);
  bytes.writeUInt16BE(fields.destinationPort, TCP + 2);
  bytes.writeUInt32BE(fields.sequence ?? 0, TCP + 4);
  bytes.writeUInt32BE(fields.acknowledgement ?? 0, TCP + 8);
  bytes.writeUInt16BE(0x5000 | fields.flags, TCP + 12);
  bytes.writeUInt16BE(0xffff, TCP + 14);
  bytes.writeUInt16BE(checksum(sum(bytes, IPV4, TCP)), IPV4_CHECKSUM);
  const pseudoHeader = sum(bytes, IPV4_SOURCE, TCP) + PROTOCOL_TCP + TCP_END - TCP;
  bytes.writeUInt16BE(checksum(pseudoHeader + sum(bytes, TCP, TCP_END)), TCP_CHECKSUM);
  return bytes;
}

function sum(bytes: Buffer, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += bytes.readUInt16BE(at);
  return total;
}

function checksum(total: number): number {
  const folded = (total & 0xffff) + (total >>> 16);
  return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
}
