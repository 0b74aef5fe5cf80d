/**
 * COMMAND_CT_FLUSH: all connections, those of a zone, or the one that has a tuple.
 *
 * Cost: all and by zone look at every record ever used, about 60 ns each for those that go: a full table of a million
 *   stops the worker for less than a tenth of a second. By tuple is one look-up.
 */
import { CONN_STATE, CONN_STATE_LIVE, CONN_STATE_MASK, CONN_ZONE, CT_CANDIDATE, CT_HIGH_WATER, LOOKUP_KEY, LOOKUP_RELATED, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE6_SIZE, TUPLE_DST, TUPLE_DST_L4, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { CT_FLUSH_BY_TUPLE, CT_FLUSH_BY_ZONE, CT_FLUSH_DST, CT_FLUSH_DST_L4, CT_FLUSH_FAMILY, CT_FLUSH_FLAGS, CT_FLUSH_PROTOCOL, CT_FLUSH_SRC, CT_FLUSH_SRC_L4, CT_FLUSH_ZONE } from "../layout/conntrack-command.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { CONNECTION_SIZE } from "../layout/limits.ts";
import { CONNECTIONS_BASE, CONNTRACK_BASE, CONTROL_BASE } from "../memory.ts";
import { digestLookup } from "./extract.ts";
import { findConnection, recordOf, removeConnection } from "./table.ts";
import { hashLookup, packKey } from "./tuple.ts";

export function flushConnections(args: usize): void {
  const flags = load<u32>(args, CT_FLUSH_FLAGS);
  const zone = load<u32>(args, CT_FLUSH_ZONE) & 0xffff;
  if (flags & CT_FLUSH_BY_TUPLE) flushTuple(args, zone);
  else flushZone(zone, (flags & CT_FLUSH_BY_ZONE) == 0);
}

function flushZone(zone: u32, all: bool): void {
  const used = load<u32>(CONNTRACK_BASE, CT_HIGH_WATER);
  let connection = CONNECTIONS_BASE;
  for (let index: u32 = 0; index < used; index++, connection += CONNECTION_SIZE) {
    if ((load<u32>(connection, CONN_STATE) & CONN_STATE_MASK) != CONN_STATE_LIVE) continue;
    if (all || <u32>load<u16>(connection, CONN_ZONE) == zone) removeConnection(connection);
  }
}

function flushTuple(args: usize, zone: u32): void {
  const lookup = CONNTRACK_BASE + CT_CANDIDATE;
  const family = <u32>load<u8>(args, CT_FLUSH_FAMILY);
  store<u32>(lookup, packKey(zone, load<u8>(args, CT_FLUSH_PROTOCOL), family), LOOKUP_KEY);
  store<u32>(lookup, 0, LOOKUP_RELATED);
  store<u32>(lookup, load<u32>(args, CT_FLUSH_SRC_L4), LOOKUP_TUPLE + TUPLE_SRC_L4);
  store<u32>(lookup, load<u32>(args, CT_FLUSH_DST_L4), LOOKUP_TUPLE + TUPLE_DST_L4);
  if (family == 6) {
    memory.copy(lookup + LOOKUP_TUPLE6, args + CT_FLUSH_SRC, TUPLE6_SIZE);
    digestLookup(lookup);
  } else {
    store<u32>(lookup, load<u32>(args, CT_FLUSH_SRC), LOOKUP_TUPLE + TUPLE_SRC);
    store<u32>(lookup, load<u32>(args, CT_FLUSH_DST), LOOKUP_TUPLE + TUPLE_DST);
  }
  hashLookup(lookup);
  const link = findConnection(lookup, load<u64>(CONTROL_BASE, CONTROL_NOW));
  if (link != 0) removeConnection(recordOf(link));
}
