/**
 * Conntrack as the pipeline sees it: the ct action, ct_clear, the sweep and the commands.
 */

import { drop } from "../counters.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { KEY_NW_FRAG } from "../layout/key.ts";
import { PACKET_KEY } from "../layout/packet.ts";
import { CONTROL_BASE } from "../memory.ts";
import { noteTracking } from "../offload/connection.ts";
import { areNoted, spoilPath } from "../offload/path.ts";
import { passEstablished } from "./established.ts";
import { sweepFragments } from "./fragment-store.ts";
import { trackFragment } from "./fragments.ts";
import { PASSED, passConnection } from "./pass.ts";
import { sweepConnections } from "./wheel.ts";

export { flushConnections } from "./flush";
export { setZoneLimit } from "./limits";
export { clearTracking } from "./metadata";
export { conntrackInitialize, setConntrackConfig } from "./region";
export { setTimeoutPolicy } from "./timeouts";

/** Runs OP_CT on a packet: head of the list (PACKET_BATCH_NEXT) of packets that go on, 0 = none. */
export function track(packet: usize, instruction: usize): usize {
  if (passEstablished(packet, instruction)) return packet;
  if (load<u8>(load<u32>(packet, PACKET_KEY), KEY_NW_FRAG) != 0) return trackFragment(packet, instruction);
  const reason = passConnection(packet, instruction);
  if (reason == PASSED) {
    if (areNoted()) noteTracking(packet);
    return packet;
  }
  if (areNoted()) spoilPath(packet);
  drop(packet, reason);
  return 0;
}

/** Retires what has timed out, connections and fragments; looks at no more than `budget` records of each. */
export function conntrackSweep(budget: i32): void {
  sweepConnections(budget);
  sweepFragments(load<u64>(CONTROL_BASE, CONTROL_NOW), budget);
}
