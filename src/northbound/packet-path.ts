/**
 * Between the packet actions and a switch: packet-ins to the handlers, their packets back into the pipeline.
 *
 * A packet is sent on by freezing the pipeline where it is to go on and having the datapath recirculate the packet to there: the
 * fast path parses it, and everything after is as for any other packet.
 */
import { KEY_IN_PORT } from "../../assembly/layout.ts";
import { parseActions } from "../slowpath/actions/list.ts";
import { FLOW_METADATA, FLOW_REGS, FLOW_SIZE } from "../slowpath/flow/flow-layout.ts";
import { PORT_CONTROLLER } from "../slowpath/flow/port-text.ts";
import type { Switch } from "../slowpath/switch.ts";
import type { SwitchBridge } from "../slowpath/switch-bridge.ts";
import { freezeMetadata } from "../slowpath/translate/frozen-metadata.ts";
import type { Northbound } from "./northbound.ts";
import type { PacketOut, PipelineFields } from "./packet-actions/packet-action.ts";

const REGISTERS = 16;
/** All of the pipeline's fields are ours: nothing of the packet's own tunnel shows through. */
const EVERYTHING = new Uint8Array(FLOW_SIZE).fill(0xff);

/** From now on the northbound answers the packets that its rules hand over. */
export function connectPacketPath(northbound: Northbound, to: Switch, bridge: SwitchBridge): void {
  to.onPacketIn(({ request, frame, vnet, bridge: name }) => {
    if (name !== bridge.name || !request.userdata) return;
    const { userdata, flow } = request;
    const answers = northbound.handlePacket({ userdata, packet: frame, vnet, fields: fieldsOf(flow) });
    for (const packet of answers) sendOn(to, bridge, packet);
  });
}

/** It comes from no port of the switch, so it may leave by any, the one its cause came in by too. */
export function sendOn(to: Switch, bridge: SwitchBridge, { packet, vnet, fields, actions }: PacketOut): void {
  const cause = bridge.port(fields.inPort) ?? bridge.ports().find(({ datapathPort }) => datapathPort !== undefined);
  const inPort = cause?.datapathPort;
  if (inPort === undefined) return;
  const id = to.recirculation.idOf({
    bridge,
    table: undefined,
    actions: parseActions(actions, { ports: bridge.portNames }),
    metadata: freezeMetadata(flowOf({ ...fields, inPort: PORT_CONTROLLER }), EVERYTHING),
    stack: [],
    actionSet: [],
    conntracked: false,
    hashed: false,
  });
  to.datapath.execute({ frame: packet, vnet, inPort, actions: [{ type: "recirc", id }] });
}

function fieldsOf(flow: Uint8Array): PipelineFields {
  const view = new DataView(flow.buffer, flow.byteOffset, flow.length);
  return {
    inPort: view.getUint32(KEY_IN_PORT),
    metadata: view.getBigUint64(FLOW_METADATA),
    registers: Array.from({ length: REGISTERS }, (_, i) => view.getUint32(FLOW_REGS + 4 * i)),
  };
}

function flowOf({ inPort, metadata, registers }: PipelineFields): Uint8Array {
  const flow = new Uint8Array(FLOW_SIZE);
  const view = new DataView(flow.buffer);
  view.setUint32(KEY_IN_PORT, inPort);
  view.setBigUint64(FLOW_METADATA, metadata);
  for (const [i, value] of registers.entries()) view.setUint32(FLOW_REGS + 4 * i, value);
  return flow;
}
