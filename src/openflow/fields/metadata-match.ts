/** What a packet-in tells of the pipeline: tunnel, registers, metadata, connection tracking and in_port, as a match. */
import {
  CT_STATE_ESTABLISHED,
  CT_STATE_NEW,
  CT_STATE_REPLY,
  KEY_CT_NW_PROTO,
  KEY_CT_STATE,
  KEY_ETH_TYPE,
} from "../../../assembly/layout/key.ts";
import type { Field } from "../../slowpath/flow/field.ts";
import { field, fields, tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import { getBytes, isZero } from "../../slowpath/flow/flow.ts";
import { createMatch, setMatch, tunnelMetadataPresent } from "../../slowpath/flow/match.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6 } from "../../slowpath/flow/prerequisites.ts";
import type { Match } from "../../slowpath/tables/rule.ts";

const named = (names: string): Field[] => names.split(" ").map(field);

/** Told when they are not zero. */
const whenSet = [
  ...named("tun_id tun_flags tun_src tun_dst tun_ipv6_src tun_ipv6_dst tun_gbp_id tun_gbp_flags metadata"),
  ...Array.from({ length: 16 }, (_, n) => field(`reg${n}`)),
  ...named("pkt_mark ct_zone ct_mark ct_label"),
];
const ofIpv4 = named("ct_nw_src ct_nw_dst ct_nw_proto ct_tp_src ct_tp_dst");
const ofIpv6 = named("ct_ipv6_src ct_ipv6_dst ct_nw_proto ct_tp_src ct_tp_dst");
const ctState = field("ct_state");
const IN_CONNECTION = CT_STATE_NEW | CT_STATE_ESTABLISHED | CT_STATE_REPLY;
const etherTypeField = field("eth_type");
const inPort = field("in_port");

/** @param flow FLOW_SIZE bytes */
export function metadataMatch(flow: Uint8Array): Match {
  const match = createMatch();
  const tell = (target: Field): void => setMatch(match, target, getBytes(flow, target));
  for (const target of whenSet) if (!isZero(getBytes(flow, target))) tell(target);
  for (const target of fields) {
    const index = tunnelMetadataIndex(target);
    if (index >= 0 && tunnelMetadataPresent(flow, index)) tell(target);
  }
  tell(inPort);
  if (isZero(getBytes(flow, ctState))) return match;
  tell(ctState);
  // What the connection's addresses are depends on it.
  tell(etherTypeField);
  const etherType = (flow[KEY_ETH_TYPE] << 8) | flow[KEY_ETH_TYPE + 1];
  // The tracker notes the addresses of what it finds invalid too, but they are no connection's.
  if (flow[KEY_CT_NW_PROTO] === 0 || !(flow[KEY_CT_STATE + 1] & IN_CONNECTION)) return match;
  if (etherType === ETH_TYPE_IP) for (const target of ofIpv4) tell(target);
  else if (etherType === ETH_TYPE_IPV6) for (const target of ofIpv6) tell(target);
  return match;
}
