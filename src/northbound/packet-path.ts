/** Between the packet actions and a switch: packet-ins to the handlers, their packets out through the pipeline. */
import { KEY_IN_PORT } from "../../assembly/layout/key.ts";
import { parseActions } from "../slowpath/actions/list.ts";
import { FLOW_METADATA, FLOW_REGS } from "../slowpath/flow/flow-layout.ts";
import { PORT_CONTROLLER } from "../slowpath/flow/port-text.ts";
import type { Switch } from "../slowpath/switch.ts";
import type { SwitchBridge } from "../slowpath/switch-bridge.ts";
import type { Northbound } from "./northbound.ts";
import type { PacketOut, PipelineFields } from "./packet-actions/packet-action.ts";

const REGISTERS = 16;

/** From now on the northbound answers the packets that its rules hand over, and sends its own. */
export function connectPacketPath(northbound: Northbound, to: Switch, bridge: SwitchBridge): void {
  to.onPacketIn(({ request, frame, vnet, bridge: name }) => {
    if (name !== bridge.name || !request.userdata) return;
    const { userdata, flow } = request;
    const answers = northbound.handlePacket({ userdata, packet: frame, vnet, fields: fieldsOf(flow) });
    for (const packet of answers) sendOn(to, bridge, packet);
  });
  northbound.onPacket((packet) => sendOn(to, bridge, packet));
}

/** It comes from no port of the switch, so it may leave by any, the one its cause came in by too. */
export function sendOn(to: Switch, bridge: SwitchBridge, { packet, vnet, fields, actions }: PacketOut): void {
  to.packetOut({
    bridge,
    frame: packet,
    vnet,
    inPort: PORT_CONTROLLER,
    registers: fields.registers,
    metadata: fields.metadata,
    actions: parseActions(actions, { ports: bridge.portNames }),
  });
}

function fieldsOf(flow: Uint8Array): PipelineFields {
  const view = new DataView(flow.buffer, flow.byteOffset, flow.length);
  return {
    inPort: view.getUint32(KEY_IN_PORT),
    metadata: view.getBigUint64(FLOW_METADATA),
    registers: Array.from({ length: REGISTERS }, (_, i) => view.getUint32(FLOW_REGS + 4 * i)),
  };
}
