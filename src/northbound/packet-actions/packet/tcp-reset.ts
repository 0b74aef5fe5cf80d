/** TCP resets: RFC 9293 section 3.5.2. */
import type { IpPacket } from "./ip.ts";
import { buildTcp, TCP_FLAG } from "./tcp.ts";

/** The segment that resets the connection an incoming one asked for; nothing answers a reset. */
export function buildTcpReset({ source, destination, payload }: IpPacket): Uint8Array | undefined {
  if (payload.length < 20) return undefined;
  const incoming = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const flags = payload[13];
  if (flags & TCP_FLAG.rst) return undefined;
  const headerLength = (payload[12] >> 4) * 4;
  const sequenceLength =
    payload.length - headerLength + (flags & TCP_FLAG.syn ? 1 : 0) + (flags & TCP_FLAG.fin ? 1 : 0);
  const ends = { sourcePort: incoming.getUint16(2), destinationPort: incoming.getUint16(0), window: 0 };
  const reset =
    flags & TCP_FLAG.ack
      ? { sequence: incoming.getUint32(8), acknowledgement: 0, flags: TCP_FLAG.rst }
      : {
          sequence: 0,
          acknowledgement: (incoming.getUint32(4) + sequenceLength) >>> 0,
          flags: TCP_FLAG.rst | TCP_FLAG.ack,
        };
  return buildTcp(destination, source, { ...ends, ...reset });
}
