/** TCP segments without options or data: RFC 9293 section 3.1. */
import type { Address } from "../../network/ip.ts";
import { internetChecksum, pseudoHeader } from "./checksum.ts";
import { PROTOCOL } from "./ip.ts";

export const TCP_FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
}

export function buildTcp(source: Address, destination: Address, fields: TcpFields): Uint8Array {
  const segment = new Uint8Array(20);
  const view = new DataView(segment.buffer);
  view.setUint16(0, fields.sourcePort);
  view.setUint16(2, fields.destinationPort);
  view.setUint32(4, fields.sequence);
  view.setUint32(8, fields.acknowledgement);
  segment[12] = 5 << 4;
  segment[13] = fields.flags;
  view.setUint16(14, fields.window);
  view.setUint16(16, internetChecksum(pseudoHeader(source, destination, PROTOCOL.tcp, segment.length), segment));
  return segment;
}
