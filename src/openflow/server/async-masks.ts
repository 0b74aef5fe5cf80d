/** Which asynchronous messages a connection gets: bits by reason, for the roles it may have. */
import type { AsyncChange, AsyncKind, AsyncMasks } from "../messages/async-config.ts";
import type { Role } from "../messages/role.ts";

/** As OVS has them at first: all but packets whose TTL was used up; secondaries hear of ports only. */
export const defaultMasks: AsyncMasks = {
  primary: { packetIn: 0x3b, portStatus: 0x7, flowRemoved: 0x3f, roleStatus: 0, tableStatus: 0, requestForward: 0 },
  secondary: { packetIn: 0, portStatus: 0x7, flowRemoved: 0, roleStatus: 0, tableStatus: 0, requestForward: 0 },
};

export function changeMasks(masks: AsyncMasks, { primary, secondary }: AsyncChange): AsyncMasks {
  return { primary: { ...masks.primary, ...primary }, secondary: { ...masks.secondary, ...secondary } };
}

export function wants(masks: AsyncMasks, role: Role, kind: AsyncKind, reason: number): boolean {
  const bits = role === "secondary" ? masks.secondary[kind] : masks.primary[kind];
  return (bits & (1 << reason)) !== 0;
}
