/**
 * How many connections there may be: in all, and in each zone.
 *
 * A zone without a limit of its own is held to the default limit, counted by zone (OVS's userspace datapath counts
 * all such zones together; its kernel datapath and its manual say by zone). Beyond a limit nothing new is admitted;
 * established connections are never evicted.
 */
import { CT_COUNT, CT_DEFAULT_ZONE_LIMIT, CT_LIMIT, CT_ZONE_TABLE, ZONE_COUNT, ZONE_LIMIT, ZONE_SIZE } from "../layout/conntrack.ts";
import { CT_LIMIT_ALL_ZONES } from "../layout/conntrack-command.ts";
import { CONNTRACK_BASE } from "../memory.ts";

@inline
function zoneRecord(zone: u32): usize {
  return CONNTRACK_BASE + CT_ZONE_TABLE + <usize>zone * ZONE_SIZE;
}

/** True when one more connection in `zone` is within the limits. */
export function mayAdmit(zone: u32): bool {
  if (load<u32>(CONNTRACK_BASE, CT_COUNT) >= load<u32>(CONNTRACK_BASE, CT_LIMIT)) return false;
  const record = zoneRecord(zone);
  const own = load<u32>(record, ZONE_LIMIT);
  const limit = own != 0 ? own - 1 : load<u32>(CONNTRACK_BASE, CT_DEFAULT_ZONE_LIMIT);
  return limit == 0 || load<u32>(record, ZONE_COUNT) < limit;
}

@inline
export function zoneEntry(zone: u32): void {
  const record = zoneRecord(zone);
  store<u32>(record, load<u32>(record, ZONE_COUNT) + 1, ZONE_COUNT);
}

@inline
export function zoneLeave(zone: u32): void {
  const record = zoneRecord(zone);
  store<u32>(record, load<u32>(record, ZONE_COUNT) - 1, ZONE_COUNT);
}

/** COMMAND_CT_LIMIT: zone or CT_LIMIT_ALL_ZONES, limit (0 = unlimited), 1 = set or 0 = delete. */
export function setZoneLimit(args: usize): void {
  const zone = load<u32>(args);
  const limit = load<u32>(args, 4);
  const set = load<u32>(args, 8) != 0;
  if (zone == CT_LIMIT_ALL_ZONES) {
    store<u32>(CONNTRACK_BASE, set ? limit : 0, CT_DEFAULT_ZONE_LIMIT);
  } else if (zone <= 0xffff) {
    store<u32>(zoneRecord(zone), set ? min<u32>(limit, 0xffff_fffe) + 1 : 0, ZONE_LIMIT);
  }
}
