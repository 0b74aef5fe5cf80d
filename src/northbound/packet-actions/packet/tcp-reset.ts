/** TCP resets: RFC 9293 section 3.5.2. */
import { internetChecksum, pseudoHeader } from "./checksum.ts";
import { type IpPacket, PROTOCOL } from "./ip.ts";

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

/** The segment that resets the connection an incoming one asked for; nothing answers a reset. */
export function buildTcpReset({ source, destination, payload }: IpPacket): Uint8Array | undefined {
  if (payload.length < 20) return undefined;
  const incoming = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const flags = payload[13];
  if (flags & RST) return undefined;
  const headerLength = (payload[12] >> 4) * 4;
  const sequenceLength = payload.length - headerLength + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const segment = new Uint8Array(20);
  const view = new DataView(segment.buffer);
  view.setUint16(0, incoming.getUint16(2));
  view.setUint16(2, incoming.getUint16(0));
  if (flags & ACK) {
    view.setUint32(4, incoming.getUint32(8));
    segment[13] = RST;
  } else {
    view.setUint32(8, (incoming.getUint32(4) + sequenceLength) >>> 0);
    segment[13] = RST | ACK;
  }
  segment[12] = 5 << 4;
  view.setUint16(16, internetChecksum(pseudoHeader(destination, source, PROTOCOL.tcp, segment.length), segment));
  return segment;
}
