import { parseEthernet } from "./packet/ethernet.ts";
import type { PacketAction } from "./packet-action.ts";
import { inPortKey } from "./pipeline-registers.ts";
import { OPCODE } from "./userdata.ts";

/** A station was heard behind a port with unknown addresses. */
export const putFdb: PacketAction = {
  opcode: OPCODE.putFdb,
  handle({ packet, fields, network }) {
    const port = network.switchPort(fields.metadata, inPortKey(fields));
    const ethernet = parseEthernet(packet);
    if (port && ethernet) network.learnStation(port, ethernet.source);
    return [];
  },
};
