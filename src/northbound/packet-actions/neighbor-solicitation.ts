import { parseEthernet } from "./packet/ethernet.ts";
import { buildSolicitation } from "./packet/neighbor-discovery.ts";
import type { PacketAction } from "./packet-action.ts";
import { resumeActions } from "./packet-action.ts";
import { nextHop, outPortKey, ownAddress, withoutScratch } from "./pipeline-registers.ts";
import { OPCODE } from "./userdata.ts";

/** What arp-request.ts does, for IPv6. */
export const neighborSolicitation: PacketAction = {
  opcode: OPCODE.neighborSolicitation,
  handle(input) {
    const { fields, network, packet, vnet } = input;
    const port = network.routerPort(fields.metadata, outPortKey(fields));
    const ethernet = parseEthernet(packet);
    if (!port || !ethernet) return [];
    const target = nextHop(fields, 6);
    const actions = resumeActions(input);
    const sent = withoutScratch(fields);
    network.waiting.hold(port.uuid, target.text, { packet, vnet, fields: sent, actions });
    return [{ packet: buildSolicitation(ethernet.source, ownAddress(fields, 6), target), fields: sent, actions }];
  },
};
