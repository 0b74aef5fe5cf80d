/** Who owns a frame of a receive ring: the kernel, or we. */
import { RING_STATUS } from "./ring-layout.ts";

/** Status of a frame, in order with the kernel's writes. */
@inline
export function ringStatus(frame: usize): u32 {
  return atomic.load<u32>(frame + RING_STATUS);
}

@inline
export function giveBack(frame: usize): void {
  atomic.store<u32>(frame + RING_STATUS, 0);
}
