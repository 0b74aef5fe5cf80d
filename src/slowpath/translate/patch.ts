/** Patch ports: the packet comes in at the other bridge, with nothing of this bridge's pipeline state; then this one goes on. */
import { PORT_UNSET } from "../flow/port-text.ts";
import { runActionSet, setActsetOutput } from "./action-set.ts";
import type { BridgePort } from "./bridge.ts";
import { isolated } from "./clone.ts";
import { clearTracking } from "./conntrack.ts";
import type { TranslationContext } from "./context.ts";
import { clearMetadata } from "./frozen-metadata.ts";
import { runTable, withinLimits } from "./resubmit.ts";

export function outputToPatch(context: TranslationContext, peer: NonNullable<BridgePort["peer"]>, last: boolean): void {
  const { bridge, nodes, exit, rule, cookie, table, tunnelCleared } = context;
  isolated(context, last, () => {
    enterBridge(context, peer);
    const port = context.bridge.port(peer.port);
    if (!port?.noReceive && !port?.down && withinLimits(context)) {
      runTable(context, { table: 0, last: true, missesCount: true });
      if (!context.freezing) runActionSet(context);
      context.finishFreezing();
    }
  });
  // What ended translation over there does not end it here.
  context.exit = exit;
  if (context.error === "too_many_mpls_labels") context.error = undefined;
  context.bridge = bridge;
  context.nodes = nodes;
  context.rule = rule;
  context.cookie = cookie;
  context.table = table;
  context.tunnelCleared = tunnelCleared;
}

function enterBridge(context: TranslationContext, peer: NonNullable<BridgePort["peer"]>): void {
  clearMetadata(context.flow, context.written, peer.port);
  setActsetOutput(context, PORT_UNSET);
  context.tunnelCleared = true;
  clearTracking(context);
  context.stack.length = 0;
  context.actionSet = [];
  context.actionSetHasGroup = false;
  context.bridge = peer.bridge;
  context.enter({ kind: "bridge", text: `bridge("${peer.bridge.name}")` });
}
