/** Nicira's requests about tunnel options and connections. */
import type { Connection, ConnectionTuple } from "../../fastpath/datapath.ts";
import type { FlushTuple } from "../messages/ct-flush.ts";
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

function sameBytes(wanted: Uint8Array | undefined, actual: Uint8Array): boolean {
  return wanted === undefined || Buffer.compare(wanted, actual) === 0;
}

function same<T>(wanted: T | undefined, actual: T): boolean {
  return wanted === undefined || wanted === actual;
}

function fits(wanted: FlushTuple, tuple: ConnectionTuple): boolean {
  return (
    sameBytes(wanted.source, tuple.source) &&
    sameBytes(wanted.destination, tuple.destination) &&
    same(wanted.sourcePort, tuple.sourcePort) &&
    same(wanted.destinationPort, tuple.destinationPort) &&
    same(wanted.icmpId, tuple.icmpId) &&
    same(wanted.icmpType, tuple.icmpType) &&
    same(wanted.icmpCode, tuple.icmpCode)
  );
}

function isMeant(flush: MessageOf<"nx_ct_flush">, connection: Connection): boolean {
  const { protocol, original, reply, mark, label } = flush;
  return (
    (protocol === 0 || protocol === connection.original.protocol) &&
    fits(original, connection.original) &&
    fits(reply, connection.reply) &&
    (!mark || ((connection.mark ^ mark.value) & mark.mask) === 0) &&
    (!label || connection.label.every((byte, i) => ((byte ^ label.value[i]) & label.mask[i]) === 0))
  );
}

export function flushConnections(request: Request<MessageOf<"nx_ct_flush">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  const { conntrack } = agent.switch.datapath;
  const meant = [...conntrack.connections(message.zone)].filter((connection) => isMeant(message, connection));
  for (const { zone, original } of meant) conntrack.flush({ zone, tuple: original });
}
