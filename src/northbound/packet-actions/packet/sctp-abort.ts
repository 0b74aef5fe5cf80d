/** SCTP ABORT for a packet out of the blue: RFC 9260 section 8.4. */
import { crc32c } from "./checksum.ts";
import type { IpPacket } from "./ip.ts";

const INIT = 1;
const ABORT = 6;
const SHUTDOWN_COMPLETE = 14;

export function buildSctpAbort({ payload }: IpPacket): Uint8Array | undefined {
  if (payload.length < 16) return undefined;
  const incoming = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const chunk = payload[12];
  if (chunk === ABORT || chunk === SHUTDOWN_COMPLETE) return undefined;
  if (chunk === INIT && payload.length < 20) return undefined;
  const packet = new Uint8Array(16);
  const view = new DataView(packet.buffer);
  view.setUint16(0, incoming.getUint16(2));
  view.setUint16(2, incoming.getUint16(0));
  // An INIT names the tag to answer with; otherwise the sender's own tag is reflected, which the T bit says.
  view.setUint32(4, chunk === INIT ? incoming.getUint32(16) : incoming.getUint32(4));
  packet[12] = ABORT;
  packet[13] = chunk === INIT ? 0 : 1;
  view.setUint16(14, 4);
  view.setUint32(8, crc32c(packet), true);
  return packet;
}
