/** Keys and masks of test flows, and the frames they meet. */
import { KEY_IN_PORT, KEY_RECIRC_ID, KEY_SIZE } from "../../assembly/layout/key.ts";
import { ethernet, ipv4, ipv4Address, tcp, udp } from "../model/frames.ts";

export interface Match {
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
}

/** A match on `bytes` at a key offset. */
export interface Field {
  readonly offset: number;
  readonly bytes: ArrayLike<number>;
  /** All ones unless given. */
  readonly mask?: ArrayLike<number>;
}

export function matchOf(...fields: readonly Field[]): Match {
  const key = new Uint8Array(KEY_SIZE);
  const mask = new Uint8Array(KEY_SIZE);
  for (const { offset, bytes, mask: bits } of fields) {
    key.set(bytes, offset);
    if (bits) mask.set(bits, offset);
    else mask.fill(0xff, offset, offset + bytes.length);
  }
  return { key, mask };
}

/** Packets of a port in one pass: its first, or one after a recirculation. */
export function fromPort(port: number, recirculation = 0, ...more: readonly Field[]): Match {
  return matchOf(
    { offset: KEY_RECIRC_ID, bytes: word(recirculation) },
    { offset: KEY_IN_PORT, bytes: word(port) },
    ...more,
  );
}

/** Network order. */
export function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export const ENDS = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };

export function tcpFrame(source = 1024, destination = 80, payload = new Uint8Array(10)): Uint8Array {
  return ethernet(0x0800, ipv4(ENDS, 6, tcp(ENDS, { source, destination }, payload)));
}

export function udpFrame(source = 1024, destination = 53, payload = new Uint8Array(18)): Uint8Array {
  return ethernet(0x0800, ipv4(ENDS, 17, udp(ENDS, source, destination, payload)));
}
