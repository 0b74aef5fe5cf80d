/** UDP datagrams: RFC 768. */
import type { Address } from "../../network/ip.ts";
import { internetChecksum, pseudoHeader } from "./checksum.ts";
import { PROTOCOL } from "./ip.ts";

/** IPv4 leaves the checksum out, as 0 says; IPv6 must have one (RFC 8200 section 8.1). */
export function buildUdp(
  source: Address,
  destination: Address,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, datagram.length);
  datagram.set(payload, 8);
  if (source.family === 6) {
    const sum = internetChecksum(pseudoHeader(source, destination, PROTOCOL.udp, datagram.length), datagram);
    view.setUint16(6, sum || 0xffff);
  }
  return datagram;
}
