/** Builds the batch's PACKET records, from PACKETS_BASE on, one after the other. */

/** Takes up to BATCH_SIZE frames from the port's ring; the number of records built. */
export function receiveRing(port: u32): u32 {
  return 0;
}

/** Gives the frames of the last `receiveRing` back to the kernel, once they are transmitted. */
export function releaseRing(port: u32): void {}

/** Takes the frames in receive buffers 0..count-1 (BUFFER_LENGTH, virtio-net header, frame); the number of records built. */
export function receiveBuffers(port: u32, count: u32): u32 {
  return 0;
}
