import { buildArpRequest } from "./packet/arp.ts";
import { parseEthernet } from "./packet/ethernet.ts";
import type { PacketAction } from "./packet-action.ts";
import { resumeActions } from "./packet-action.ts";
import { nextHop, outPortKey, ownAddress, withoutScratch } from "./pipeline-registers.ts";
import { OPCODE } from "./userdata.ts";

/** Asks for the next hop's Ethernet address; the packet waits for the answer. */
export const arpRequest: PacketAction = {
  opcode: OPCODE.arpRequest,
  handle(input) {
    const { fields, network, packet, vnet } = input;
    const port = network.routerPort(fields.metadata, outPortKey(fields));
    const ethernet = parseEthernet(packet);
    if (!port || !ethernet) return [];
    const target = nextHop(fields, 4);
    const actions = resumeActions(input);
    const sent = withoutScratch(fields);
    network.waiting.hold(port.uuid, target.text, { packet, vnet, fields: sent, actions });
    return [{ packet: buildArpRequest(ethernet.source, ownAddress(fields, 4), target), fields: sent, actions }];
  },
};
