/** Ethernet addresses as text. */

const MAC = /^([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2})/i;

/** The address at the start of `text`, in lower case with two digits a byte; `rest` is what follows it. */
export function scanMac(text: string): { mac: string; rest: string } | undefined {
  const match = MAC.exec(text);
  if (!match) return undefined;
  const mac = match
    .slice(1)
    .map((byte) => byte.toLowerCase().padStart(2, "0"))
    .join(":");
  return { mac, rest: text.slice(match[0].length) };
}

export function parseMac(text: string): string | undefined {
  const scanned = scanMac(text);
  return scanned && scanned.rest === "" ? scanned.mac : undefined;
}

export function isMulticastMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

export function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(":"), (byte) => Number.parseInt(byte, 16));
}

export function formatMac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export function macNumber(mac: string): bigint {
  return BigInt(`0x${mac.replaceAll(":", "")}`);
}
