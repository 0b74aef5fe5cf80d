/** The part of a flow that no packet carries and that therefore is frozen: in_port, tunnel fields, registers, metadata. */
import { KEY_IN_PORT, KEY_TUN_ID } from "../../../assembly/layout.ts";
import { FLOW_CONJ_ID } from "../flow/flow-layout.ts";

const IN_PORT_BYTES = 4;
/** Tunnel fields and registers lie side by side: the key's end and what follows it. */
const RUN_FROM = KEY_TUN_ID;
const RUN_TO = FLOW_CONJ_ID;
export const FROZEN_BYTES = IN_PORT_BYTES + RUN_TO - RUN_FROM;

export function freezeMetadata(flow: Uint8Array): Uint8Array {
  const frozen = new Uint8Array(FROZEN_BYTES);
  frozen.set(flow.subarray(KEY_IN_PORT, KEY_IN_PORT + IN_PORT_BYTES));
  frozen.set(flow.subarray(RUN_FROM, RUN_TO), IN_PORT_BYTES);
  return frozen;
}

export function thawMetadata(frozen: Uint8Array, flow: Uint8Array): void {
  flow.set(frozen.subarray(0, IN_PORT_BYTES), KEY_IN_PORT);
  flow.set(frozen.subarray(IN_PORT_BYTES), RUN_FROM);
}

/** Marks all of it, in `written` of a thawed flow: tables see the frozen values, not those of the megaflow's key. */
export function markFrozen(flow: Uint8Array): void {
  flow.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + IN_PORT_BYTES);
  flow.fill(0xff, RUN_FROM, RUN_TO);
}
