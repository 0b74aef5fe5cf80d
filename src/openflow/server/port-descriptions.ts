/** Ports of a bridge as OpenFlow describes them. */
import { createHash } from "node:crypto";
import { parseMac } from "../../slowpath/flow/address-text.ts";
import type { SwitchPort } from "../../slowpath/switch.ts";
import type { PortDescription } from "../messages/port.ts";

/** OFPPF_*: what veth devices say of themselves, and TAPs. */
const GIGABIT10_FULL = 1 << 6;
const COPPER = 1 << 11;
const MEGABIT10_FULL = 1 << 1;
/** Kilobits a second. */
const GIGABIT10 = 10_000_000;
const MEGABIT10 = 10_000;

const links: Partial<Record<SwitchPort["kind"], { features: number; speed: number }>> = {
  system: { features: GIGABIT10_FULL | COPPER, speed: GIGABIT10 },
  tap: { features: MEGABIT10_FULL | COPPER, speed: MEGABIT10 },
};

/** Ports without a device have an address all the same: always the same one, locally administered. */
function inventedAddress(name: string): Uint8Array {
  const address = new Uint8Array(createHash("sha256").update(name).digest().subarray(0, 6));
  address[0] = (address[0] & 0xfc) | 0x02;
  return address;
}

export function portAddress(port: SwitchPort): Uint8Array {
  return (port.status?.mac && parseMac(port.status.mac)) || inventedAddress(port.name);
}

/** What is configured of a port that is down: the port itself neither takes nor gives. */
export interface DownPort {
  readonly noReceive: boolean;
  readonly noForward: boolean;
}

export function describePort(port: SwitchPort, down: DownPort | undefined): PortDescription {
  const { features, speed } = links[port.kind] ?? { features: 0, speed: 0 };
  return {
    number: port.number,
    address: portAddress(port),
    name: port.name,
    config: {
      down: down !== undefined,
      noReceive: (down ?? port).noReceive ?? false,
      noFlood: port.noFlood ?? false,
      noForward: (down ?? port).noForward ?? false,
      noPacketIn: port.noPacketIn ?? false,
    },
    linkDown: !port.up || down !== undefined,
    live: port.up && down === undefined,
    features,
    speed,
    maxSpeed: 0,
  };
}
