/** Freezing the pipeline: what is left to do is kept under a recirculation id, the datapath sends the packet round with it. */
import { KEY_SIZE, KEY_TUN_ID } from "../../../assembly/layout/key.ts";
import type { Action } from "../actions/action.ts";
import { field } from "../flow/fields.ts";
import { bytesOfValue } from "../flow/flow.ts";
import type { TranslationContext } from "./context.ts";
import { sendToController } from "./controller.ts";
import { FROZEN_BYTES, freezeMetadata } from "./frozen-metadata.ts";
import type { FrozenAction, FrozenState } from "./recirculation.ts";

const metadata = field("metadata");
/** The table of recirculation ids keeps its own copy. */
const room = new Uint8Array(FROZEN_BYTES);

/** Actions that may send packet-ins, or that are relative to the current table: they must know where they came from. */
function needsOrigin(action: Action): boolean {
  switch (action.type) {
    case "output":
    case "output_reg":
    case "output_trunc":
    case "group":
    case "controller":
    case "dec_ttl":
    case "dec_mpls_ttl":
      return true;
    case "resubmit":
      return action.table === undefined;
    default:
      return false;
  }
}

function markOrigin(context: TranslationContext): void {
  const { frozenActions, table, cookie } = context;
  const known = frozenActions.findLast((action) => action.type === "unroll");
  if (known && known.table === table && known.cookie === cookie) return;
  frozenActions.push({ type: "unroll", table, cookie });
}

/** Adds `list` from `index` on to what is done after the packet has come back. */
export function freezeRest(context: TranslationContext, list: readonly (Action | FrozenAction)[], index: number): void {
  const { frozenActions } = context;
  for (let i = index; i < list.length; i++) {
    const action = list[i];
    if (action.type === "note" || action.type === "conjunction") continue;
    if (action.type !== "unroll" && needsOrigin(action)) markOrigin(context);
    // Instructions become the actions that do the same.
    if (action.type === "goto_table") {
      frozenActions.push({ type: "resubmit", table: action.table });
    } else if (action.type === "write_metadata") {
      frozenActions.push({
        type: "set_field",
        field: metadata,
        value: bytesOfValue(metadata, action.value),
        mask: bytesOfValue(metadata, action.mask),
      });
    } else {
      frozenActions.push(action);
    }
  }
}

/** Tunnel bits that go into the frozen state must be the same for all packets that get its id. */
function keepTunnel(context: TranslationContext): void {
  const { wildcards, written } = context;
  // Once it has set tunnel metadata, the datapath no longer has what the packet brought: all of it is frozen.
  if (context.tunnelSet) written.fill(0xff, KEY_TUN_ID, KEY_SIZE);
  // In another bridge they began as zeros.
  if (context.tunnelCleared) return;
  // What was written may have been put back since, when a clone or a bucket ended.
  for (let i = KEY_TUN_ID; i < KEY_SIZE; i++) wildcards[i] |= written[i];
}

/**
 * Makes the recirculation id and the actions that use it; translation then is as if nothing had been frozen, but for `exit`.
 * @param table where the pipeline goes on if no actions are left over
 */
export function finishFreezing(context: TranslationContext, table: number | undefined): number {
  keepTunnel(context);
  const state: FrozenState = {
    bridge: context.bridge,
    table,
    actions: context.frozenActions,
    metadata: freezeMetadata(context.flow, context.written, room),
    stack: context.stack.slice(),
    actionSet: context.actionSet.slice(),
    conntracked: context.conntracked,
    hashed: context.hashed || context.pendingHash !== undefined,
    ...(context.pause && { pause: context.pause }),
  };
  const id = context.input.recirculation.idOf(state);
  if (!context.recirculationIds.includes(id)) context.recirculationIds.push(id);
  const { pause, pendingHash } = context;
  context.freezing = false;
  context.frozenActions = [];
  context.pause = undefined;
  context.pendingHash = undefined;
  if (pause) {
    sendToController(context, pause, id);
    return id;
  }
  if (pendingHash) context.actions.push({ type: "hash", ...pendingHash });
  context.actions.push({ type: "recirc", id });
  return id;
}
