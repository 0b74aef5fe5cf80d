/** A bridge's own MAC address and datapath id: chosen so that they stay the same as long as its ports do. */
import { randomBytes } from "node:crypto";
import type { BridgeRow } from "./tables.ts";

const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

export function isUnicastMac(text: string | undefined): text is string {
  return text !== undefined && macPattern.test(text) && (Number.parseInt(text.slice(0, 2), 16) & 1) === 0;
}

/** For a bridge that has no port with an address. */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = (bytes[0] & 0xfc) | 0x02;
  return bytes.toString("hex").match(/../g)!.join(":");
}

/** Made up by a kernel or a person, not given by a manufacturer: bit 1 of the first octet. */
const isLocalMac = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;

/**
 * other_config:hwaddr, or the lowest address of the bridge's ports, or one that was made up for it. Made-up addresses of ports do
 * not count: a veth's would be the bridge's too, and the host's stack would answer on both for what is sent to the bridge.
 */
export function bridgeMac(row: BridgeRow, portMacs: readonly string[], invented: string): string {
  const configured = row.other_config.get("hwaddr");
  if (isUnicastMac(configured)) return configured.toLowerCase();
  const usable = portMacs.filter((mac) => isUnicastMac(mac) && !isLocalMac(mac) && mac !== "00:00:00:00:00:00");
  return usable.sort()[0] ?? invented;
}

/** other_config:datapath-id (16 hexadecimal digits, or fewer behind 0x), or the MAC address. Never 0. */
export function datapathId(row: BridgeRow, mac: string): bigint {
  const text = row.other_config.get("datapath-id") ?? "";
  const configured = /^([0-9a-f]{16}|0x[0-9a-f]{1,16})$/i.test(text)
    ? BigInt(text.startsWith("0x") ? text : `0x${text}`)
    : 0n;
  return configured !== 0n ? configured : BigInt(`0x${mac.replaceAll(":", "")}`);
}

export function formatDatapathId(id: bigint): string {
  return id.toString(16).padStart(16, "0");
}
