/** Ethernet II: 6 bytes destination, 6 source, 2 type. Logical pipelines see no VLAN tags. */
import { formatMac, macBytes } from "../../network/mac.ts";

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export const HEADER_LENGTH = 14;
export const BROADCAST = "ff:ff:ff:ff:ff:ff";

export interface Ethernet {
  readonly destination: string;
  readonly source: string;
  readonly type: number;
  readonly payload: Uint8Array;
}

export function parseEthernet(frame: Uint8Array): Ethernet | undefined {
  if (frame.length < HEADER_LENGTH) return undefined;
  return {
    destination: formatMac(frame.subarray(0, 6)),
    source: formatMac(frame.subarray(6, 12)),
    type: (frame[12] << 8) | frame[13],
    payload: frame.subarray(HEADER_LENGTH),
  };
}

export function buildEthernet({ destination, source, type, payload }: Ethernet): Uint8Array {
  return Uint8Array.from([...macBytes(destination), ...macBytes(source), type >>> 8, type & 0xff, ...payload]);
}
