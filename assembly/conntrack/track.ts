/** The ct action: finds or makes the packet's connection, judges its state, and translates addresses. */

/** Runs OP_CT on a packet: head of the list (PACKET_BATCH_NEXT) of packets that go on, 0 = none. */
export function track(packet: usize, instruction: usize): usize {
  return packet;
}

/** Forgets what a ct action found out about the packet: the key's ct fields and PACKET_CONNECTION. */
export function clearTracking(packet: usize): void {}

/** Makes the tables ready, or takes over the connections that a former process left in the same memory. */
export function conntrackInitialize(): void {}

/** Retires what has timed out; looks at no more than `budget` records. */
export function conntrackSweep(budget: i32): void {}

/** COMMAND_CT_FLUSH. */
export function flushConnections(args: usize): void {}

/** COMMAND_CT_LIMIT. */
export function setZoneLimit(args: usize): void {}

/** COMMAND_CT_CONFIG. */
export function setConntrackConfig(args: usize): void {}

/** COMMAND_CT_TIMEOUT. */
export function setTimeoutPolicy(args: usize): void {}
