/**
 * The part of a flow that no packet carries and that therefore is frozen: in_port, registers, metadata, what the packet begins
 * with, and what the pipeline wrote of the tunnel fields. What it did not write of them comes back with the packet; freezing it would make a state for
 * each packet of a tunnel, whose outer source port is as good as random.
 */
import { KEY_IN_PORT, KEY_SIZE, KEY_TUN_ID } from "../../../assembly/layout/key.ts";
import { FLOW_CONJ_ID, FLOW_PACKET_TYPE, FLOW_REGS } from "../flow/flow-layout.ts";

const IN_PORT_BYTES = 4;
const TUNNEL_BYTES = KEY_SIZE - KEY_TUN_ID;
const REGISTER_BYTES = FLOW_CONJ_ID - FLOW_REGS;
/** Where each part lies in the frozen bytes. */
const TUNNEL = IN_PORT_BYTES;
const TUNNEL_MASK = TUNNEL + TUNNEL_BYTES;
const REGISTERS = TUNNEL_MASK + TUNNEL_BYTES;
const PACKET_TYPE = REGISTERS + REGISTER_BYTES;
const PACKET_TYPE_BYTES = 4;
export const FROZEN_BYTES = PACKET_TYPE + PACKET_TYPE_BYTES;

/** `written`: a flow with ones where the pipeline wrote. Writes into `frozen` (FROZEN_BYTES). */
export function freezeMetadata(
  flow: Uint8Array,
  written: Uint8Array,
  frozen: Uint8Array = new Uint8Array(FROZEN_BYTES),
): Uint8Array {
  for (let i = 0; i < IN_PORT_BYTES; i++) frozen[i] = flow[KEY_IN_PORT + i];
  for (let i = 0; i < TUNNEL_BYTES; i++) {
    const mask = written[KEY_TUN_ID + i];
    frozen[TUNNEL + i] = flow[KEY_TUN_ID + i] & mask;
    frozen[TUNNEL_MASK + i] = mask;
  }
  for (let i = 0; i < REGISTER_BYTES; i++) frozen[REGISTERS + i] = flow[FLOW_REGS + i];
  for (let i = 0; i < PACKET_TYPE_BYTES; i++) frozen[PACKET_TYPE + i] = flow[FLOW_PACKET_TYPE + i];
  return frozen;
}

/** Puts it back; `written` then says so, for tables see these values and not those of the megaflow's key. */
export function thawMetadata(frozen: Uint8Array, flow: Uint8Array, written: Uint8Array): void {
  markFrozen(written);
  flow.set(frozen.subarray(0, IN_PORT_BYTES), KEY_IN_PORT);
  for (let i = 0; i < TUNNEL_BYTES; i++) {
    const mask = frozen[TUNNEL_MASK + i];
    flow[KEY_TUN_ID + i] = (flow[KEY_TUN_ID + i] & ~mask) | frozen[TUNNEL + i];
    written[KEY_TUN_ID + i] |= mask;
  }
  flow.set(frozen.subarray(REGISTERS, PACKET_TYPE), FLOW_REGS);
  flow.set(frozen.subarray(PACKET_TYPE), FLOW_PACKET_TYPE);
}

function markFrozen(written: Uint8Array): void {
  written.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + IN_PORT_BYTES);
  written.fill(0xff, FLOW_REGS, FLOW_CONJ_ID);
  written.fill(0xff, FLOW_PACKET_TYPE, FLOW_PACKET_TYPE + PACKET_TYPE_BYTES);
}

/** All of it starts anew: another bridge. */
export function clearMetadata(flow: Uint8Array, written: Uint8Array, inPort: number): void {
  markFrozen(written);
  written.fill(0xff, KEY_TUN_ID, KEY_SIZE);
  flow[KEY_IN_PORT + 2] = inPort >> 8;
  flow[KEY_IN_PORT + 3] = inPort & 0xff;
  flow.fill(0, KEY_TUN_ID, KEY_SIZE);
  flow.fill(0, FLOW_REGS, FLOW_CONJ_ID);
}
