/** Runs a trace, and does what a packet would cause but for leaving. */
import { KEY_IN_PORT, KEY_SIZE } from "../../assembly/layout/key.ts";
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import type { Upcall } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import type { Action } from "../slowpath/actions/action.ts";
import { NO_DATAPATH_PORT } from "../slowpath/packet-out.ts";
import { traceText } from "../slowpath/translate/trace-text.ts";
import type { Translation } from "../slowpath/translate/translation.ts";
import { portNames } from "./datapaths.ts";
import type { TraceStart } from "./trace-start.ts";
import type { TraceWords } from "./trace-words.ts";
import type { Vswitchd } from "./vswitchd.ts";

export async function runTrace(
  daemon: Vswitchd,
  { bridge, flow, frame }: TraceStart,
  { nextCtStates, names }: TraceWords,
  actions?: readonly Action[],
): Promise<string> {
  const { recirculation, select, datapath } = daemon.switch;
  const text = traceText({
    bridge,
    flow,
    recirculation,
    select,
    nextCtStates,
    actions,
    names: names ? { ports: bridge.portNames, datapathPorts: portNames(daemon) } : undefined,
    tunnelOptions: datapath.geneveOptions,
    withPacket: frame !== undefined,
    onPass: (translation, begun) => {
      if (frame !== undefined) runEffects(daemon, bridge, begun, frame, translation);
    },
  });
  if (frame !== undefined) await datapath.barrier();
  return text;
}

function runEffects(
  daemon: Vswitchd,
  bridge: TraceStart["bridge"],
  flow: Uint8Array,
  frame: Uint8Array,
  translation: Translation,
): void {
  const key = flow.slice(0, KEY_SIZE);
  const view = new DataView(key.buffer);
  const inPort = bridge.port(view.getUint32(KEY_IN_PORT))?.datapathPort ?? NO_DATAPATH_PORT;
  view.setUint32(KEY_IN_PORT, inPort);
  const upcall: Upcall = {
    reason: "miss",
    inPort,
    argument: 0,
    cookie: 0n,
    depth: 0,
    key,
    frame,
    length: frame.length,
    vnet: new Uint8Array(VNET_HEADER_SIZE),
    rssHash: 0,
    connection: 0,
    bucket: 0,
  };
  const harmless = { ...translation, actions: withoutOutputs(translation.actions), rules: [], buckets: [] };
  daemon.switch.upcalls.run(upcall, harmless, false);
}

/** Controllers get their copy as an effect, and what recirculates would come to the outputs after all. */
function withoutOutputs(actions: readonly DatapathAction[]): DatapathAction[] {
  const leaving: ReadonlySet<DatapathAction["type"]> = new Set([
    "output",
    "recirc",
    "userspace",
    "tunnel_push",
    "tunnel_pop",
  ]);
  return actions.flatMap((action): DatapathAction[] => {
    if (leaving.has(action.type)) return [];
    if (action.type === "clone") return [{ ...action, actions: withoutOutputs(action.actions) }];
    return action.type === "select" || action.type === "sample" || action.type === "check_pkt_len" ? [] : [action];
  });
}
