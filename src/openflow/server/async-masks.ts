/**
 * Which asynchronous messages a connection gets: bits by reason, for the roles it may have.
 *
 * Reasons that a version has no word for go with the one that they refine: before 1.4 a packet that a group, the action set or a
 * packet-out sent is one that an action sent. Misses are two kinds of reason without a number on the wire: a rule for misses
 * sends them ("explicit"), or nothing does and the table is configured to ("implicit", from 1.3 on unasked for).
 */
import type { AsyncChange, AsyncKind, AsyncMasks } from "../messages/async-config.ts";
import type { Role } from "../messages/role.ts";
import { reasonNumber } from "../wire/reasons.ts";
import { OF13, OF14, type Version } from "../wire/version.ts";

const INVALID_TTL = 1 << reasonNumber("invalid_ttl");
const NO_MATCH = 1 << reasonNumber("no_match");
const ACTION = 1 << reasonNumber("action");
/** What 1.4 told apart from ACTION. */
const ACTION14 = (1 << reasonNumber("action_set")) | (1 << reasonNumber("group")) | (1 << reasonNumber("packet_out"));
const PACKET_INS10 = NO_MATCH | ACTION | INVALID_TTL;
const EXPLICIT_MISS = 1 << reasonNumber("explicit_miss");
const IMPLICIT_MISS = 1 << reasonNumber("implicit_miss");
const PORT_STATUS = 0x7;
/** Timeouts and deletion; 1.3 adds groups', 1.4 meters' and eviction. */
const FLOW_REMOVED10 = 0x07;
const FLOW_REMOVED13 = 0x0f;
const FLOW_REMOVED14 = 0x3f;

const nothing = { packetIn: 0, portStatus: 0, flowRemoved: 0, roleStatus: 0, tableStatus: 0, requestForward: 0 };

/** As OVS has them at first: all but packets whose TTL was used up; secondaries hear of ports only. */
export function defaultMasks(version: Version): AsyncMasks {
  const misses = EXPLICIT_MISS | (version < OF13 ? IMPLICIT_MISS : 0);
  const flowRemoved = version >= OF14 ? FLOW_REMOVED14 : version === OF13 ? FLOW_REMOVED13 : FLOW_REMOVED10;
  const packetIn = NO_MATCH | ACTION | ACTION14 | misses;
  return {
    primary: { ...nothing, packetIn, portStatus: PORT_STATUS, flowRemoved },
    secondary: { ...nothing, portStatus: PORT_STATUS },
  };
}

function refinedPacketIns(mask: number, version: Version): number {
  const actions = mask & ACTION && version < OF14 ? ACTION14 : 0;
  const misses = mask & NO_MATCH ? EXPLICIT_MISS | (version < OF13 ? IMPLICIT_MISS : 0) : 0;
  return mask | actions | misses;
}

export function changeMasks(masks: AsyncMasks, change: AsyncChange, version: Version): AsyncMasks {
  const changed = (role: "primary" | "secondary") => {
    const { packetIn } = change[role];
    const refined = packetIn === undefined ? {} : { packetIn: refinedPacketIns(packetIn, version) };
    return { ...masks[role], ...change[role], ...refined };
  };
  return { primary: changed("primary"), secondary: changed("secondary") };
}

/** set_config's flag is a bit of the masks. */
export function withInvalidTtl(masks: AsyncMasks, on: boolean): AsyncMasks {
  const { packetIn } = masks.primary;
  return { ...masks, primary: { ...masks.primary, packetIn: on ? packetIn | INVALID_TTL : packetIn & ~INVALID_TTL } };
}

export function hasInvalidTtl(masks: AsyncMasks): boolean {
  return (masks.primary.packetIn & INVALID_TTL) !== 0;
}

/** Without the bits that the version has no word for. */
export function shownMasks(masks: AsyncMasks, version: Version): AsyncMasks {
  const words = version < OF14 ? PACKET_INS10 : PACKET_INS10 | ACTION14;
  const shown = (role: "primary" | "secondary") => ({ ...masks[role], packetIn: masks[role].packetIn & words });
  return { primary: shown("primary"), secondary: shown("secondary") };
}

export function wants(masks: AsyncMasks, role: Role, kind: AsyncKind, reason: number): boolean {
  const bits = role === "secondary" ? masks.secondary[kind] : masks.primary[kind];
  return (bits & (1 << reason)) !== 0;
}
