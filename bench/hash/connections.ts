/** Client connections to one address, as first frames: random ones, and those that were captured on a real OVN host. */

import { be32, concat, ethernet, ipv4, ipv4Address, tcp } from "../../test/model/frames.ts";
import { referenceFrames } from "../../test/model/pcap.ts";

export interface Connection {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** A frame whose mark (balancer.ts) is `mark`. */
export function frameOf({ source, destination, sourcePort, destinationPort }: Connection, mark: number): Uint8Array {
  const ip = { source: ipv4Address(source), destination: ipv4Address(destination) };
  const segment = tcp(ip, { source: sourcePort, destination: destinationPort }, concat(be32(mark)));
  return ethernet(0x0800, ipv4(ip, 6, segment));
}

/** Numerical Recipes' linear congruential generator, the high bits: the same connections for the same seed. */
export function randomConnections(count: number, seed: number): Connection[] {
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => ({
    source: `10.${random(256)}.${random(256)}.${random(256)}`,
    destination: "1.1.1.50",
    sourcePort: 1024 + random(64512),
    destinationPort: 8000,
  }));
}

const IPV4_AT = 14;
const SYN_ONLY = 0x02;

/** Each TCP connection once, by its SYN towards the load balancer. */
export function capturedConnections(): Connection[] {
  const found = new Map<string, Connection>();
  for (const frame of referenceFrames()) {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    if (frame.length < 54 || view.getUint16(12) !== 0x0800 || frame[IPV4_AT + 9] !== 6) continue;
    const segment = IPV4_AT + (frame[IPV4_AT] & 15) * 4;
    if (segment + 14 > frame.length || (frame[segment + 13] & 0x3f) !== SYN_ONLY) continue;
    const connection: Connection = {
      source: frame.subarray(IPV4_AT + 12, IPV4_AT + 16).join("."),
      destination: frame.subarray(IPV4_AT + 16, IPV4_AT + 20).join("."),
      sourcePort: view.getUint16(segment),
      destinationPort: view.getUint16(segment + 2),
    };
    found.set(Object.values(connection).join(" "), connection);
  }
  return [...found.values()];
}
