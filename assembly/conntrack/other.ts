/**
 * Protocols without connections of their own (UDP, GRE, IGMP …): one packet, several, both directions.
 *
 * As in OVS, packets stay `new` until the other end has answered, however many there are. Protocols other than UDP
 * have no ports here: one connection for each pair of addresses.
 */
import { CONN_PROTOCOL_STATE, PSEUDO_STATE_BIDIRECTIONAL, PSEUDO_STATE_FIRST, PSEUDO_STATE_MULTIPLE, TIMEOUT_OTHER_BIDIRECTIONAL, TIMEOUT_OTHER_FIRST, TIMEOUT_OTHER_MULTIPLE } from "../layout/conntrack.ts";
import { UPDATE_VALID, UPDATE_VALID_NEW } from "./update.ts";
import { extend, schedule } from "./wheel.ts";

export function createOther(connection: usize, now: u64): void {
  store<u8>(connection, PSEUDO_STATE_FIRST, CONN_PROTOCOL_STATE);
  schedule(connection, TIMEOUT_OTHER_FIRST, now);
}

export function updateOther(connection: usize, reply: usize, now: u64): u32 {
  if (reply) store<u8>(connection, PSEUDO_STATE_BIDIRECTIONAL, CONN_PROTOCOL_STATE);
  const state = load<u8>(connection, CONN_PROTOCOL_STATE);
  if (state == PSEUDO_STATE_BIDIRECTIONAL) {
    extend(connection, TIMEOUT_OTHER_BIDIRECTIONAL, now);
    return UPDATE_VALID;
  }
  store<u8>(connection, PSEUDO_STATE_MULTIPLE, CONN_PROTOCOL_STATE);
  extend(connection, TIMEOUT_OTHER_MULTIPLE, now);
  return UPDATE_VALID_NEW;
}
