/** PACKET_OUT and RESUME: frames of a controller. */
import { KEY_IN_PORT } from "../../../assembly/layout/key.ts";
import { FLOW_SIZE } from "../../slowpath/flow/flow-layout.ts";
import { groupsIn } from "../../slowpath/tables/references.ts";
import { freezeMetadata } from "../../slowpath/translate/frozen-metadata.ts";
import { NO_BUFFER } from "../messages/flow-mod.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";

/** An Ethernet header. */
const MIN_FRAME = 14;
/** Nothing of the frame's own shows through: the pipeline's fields are the controller's. */
const EVERYTHING = new Uint8Array(FLOW_SIZE).fill(0xff);

function inPortOf(flow: Uint8Array): number {
  return (flow[KEY_IN_PORT + 2] << 8) | flow[KEY_IN_PORT + 3];
}

export function packetOut(request: Request<MessageOf<"packet_out">>): void {
  refuseSecondary(request);
  const { agent, message } = request;
  const { buffer, frame, metadata, actions } = message;
  if (buffer !== NO_BUFFER) throw new OpenFlowError("OFPBRC_BUFFER_UNKNOWN", `buffer ${buffer}`);
  if (frame.length < MIN_FRAME) throw new OpenFlowError("OFPBRC_BAD_PACKET", `a frame of ${frame.length} bytes`);
  for (const id of groupsIn(actions)) {
    if (!agent.bridge.group(id)) throw new OpenFlowError("OFPBAC_BAD_OUT_GROUP", `group ${id} does not exist`);
  }
  agent.switch.packetOut({
    bridge: agent.bridge,
    frame,
    actions,
    inPort: inPortOf(metadata.value),
    flow: metadata.value,
  });
}

/** What was frozen comes back with the packet: it is frozen anew, with the fields that the controller gives. */
export function resume(request: Request<MessageOf<"nx_resume">>): void {
  const { agent, message } = request;
  const { continuation, frame, metadata } = message;
  if (!continuation) throw new OpenFlowError("NXR_NOT_SUPPORTED", "there is nothing to resume");
  if (Buffer.compare(continuation.bridge, agent.uuid) !== 0) {
    throw new OpenFlowError("NXR_STALE", "the packet was paused by another switch, or by this one in an earlier life");
  }
  if (frame.length < MIN_FRAME) throw new OpenFlowError("OFPBRC_BAD_PACKET", `a frame of ${frame.length} bytes`);
  const { actions, stack, actionSet, conntracked } = continuation;
  const id = agent.switch.recirculation.idOf({
    bridge: agent.bridge,
    table: undefined,
    actions,
    metadata: freezeMetadata(metadata.value, EVERYTHING),
    stack,
    actionSet,
    conntracked,
    hashed: false,
  });
  agent.switch.packetOut({
    bridge: agent.bridge,
    frame,
    actions: [],
    inPort: inPortOf(metadata.value),
    flow: metadata.value,
    resume: id,
  });
}
