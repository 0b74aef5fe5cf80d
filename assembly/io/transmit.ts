/** Transmit queues. */

/** Takes the frame for the port's transmit queue; counts it, or drops it with a reason. */
export function transmit(packet: usize, port: u32): void {}

/** Sends what waits in every port's queue: at the end of a batch, and before the bytes of an executed frame are reused. */
export function flushPorts(): void {}
