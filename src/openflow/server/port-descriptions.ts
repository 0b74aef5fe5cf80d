/** Ports of a bridge as OpenFlow describes them. */
import { createHash } from "node:crypto";
import { linkMode } from "../../kernel/ethtool.ts";
import { parseMac } from "../../slowpath/flow/address-text.ts";
import type { SwitchPort } from "../../slowpath/switch.ts";
import { isAlive } from "../../slowpath/translate/bridge.ts";
import type { PortDescription } from "../messages/port.ts";

/** OFPPF_*: one bit a speed, in Mbit/s. */
const FULL: readonly (readonly [speed: number, bit: number])[] = [
  [10, 1 << 1],
  [100, 1 << 3],
  [1000, 1 << 5],
  [10_000, 1 << 6],
  [40_000, 1 << 7],
  [100_000, 1 << 8],
  [1_000_000, 1 << 9],
];
const HALF: readonly (readonly [speed: number, bit: number])[] = [
  [10, 1 << 0],
  [100, 1 << 2],
  [1000, 1 << 4],
];
const OTHER = 1 << 10;
const COPPER = 1 << 11;

/** What the device's driver says; kilobits a second. */
function linkOf({ kind, name }: SwitchPort): { features: number; speed: number } {
  const mode = kind === "system" || kind === "tap" ? linkMode(name) : undefined;
  if (!mode) return { features: 0, speed: 0 };
  const bit = (mode.duplex === "full" ? FULL : HALF).find(([speed]) => speed * 1e6 === mode.speed)?.[1] ?? OTHER;
  return { features: bit | COPPER, speed: mode.speed / 1000 };
}

/** Ports without a device have an address all the same: always the same one, locally administered. */
function inventedAddress(name: string): Uint8Array {
  const address = new Uint8Array(createHash("sha256").update(name).digest().subarray(0, 6));
  address[0] = (address[0] & 0xfc) | 0x02;
  return address;
}

export function portAddress(port: SwitchPort): Uint8Array {
  return (port.status?.mac && parseMac(port.status.mac)) || inventedAddress(port.name);
}

export function describePort(port: SwitchPort): PortDescription {
  const { features, speed } = linkOf(port);
  const isDown = port.down === true || port.status?.enabled === false;
  return {
    number: port.number,
    address: portAddress(port),
    name: port.name,
    config: {
      down: isDown,
      noReceive: port.noReceive ?? false,
      noFlood: port.noFlood ?? false,
      noForward: port.noForward ?? false,
      noPacketIn: port.noPacketIn ?? false,
    },
    linkDown: !port.up || port.down === true,
    live: isAlive(port),
    features,
    speed,
    maxSpeed: 0,
  };
}
