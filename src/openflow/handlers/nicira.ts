/** Nicira's requests about tunnel options and connections. */
import { flushConnections as flush } from "../../slowpath/flush-connections.ts";
import { TLV_MAX_FIELDS, TLV_MAX_SPACE } from "../server/tlv-map.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";

export function tlvTable({ session, agent, envelope }: Request<MessageOf<"nx_tlv_table_request">>): void {
  session.reply(envelope, {
    type: "nx_tlv_table_reply",
    maxSpace: TLV_MAX_SPACE,
    maxFields: TLV_MAX_FIELDS,
    mappings: agent.tlvMap.mappings,
  });
}

export function tlvTableMod(request: Request<MessageOf<"nx_tlv_table_mod">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  const { command, mappings } = message;
  if (command === "add") agent.tlvMap.add(mappings);
  else if (command === "delete") agent.tlvMap.delete(mappings);
  else agent.tlvMap.clear();
  agent.switch.revalidator.everything();
}

export function flushZone(request: Request<MessageOf<"nx_ct_flush_zone">>): void {
  refuseSecondary(request);
  request.agent.switch.datapath.conntrack.flush({ zone: request.message.zone });
}

export function flushConnections(request: Request<MessageOf<"nx_ct_flush">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  flush(agent.switch.datapath.conntrack, { ...message, protocol: message.protocol || undefined });
}
