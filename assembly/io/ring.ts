/** Who owns a frame of a receive ring: the kernel, or we. */
import { RING_STATUS } from "./ring-layout.ts";

/**
 * A plain store, because an atomic one is a locked exchange on x86, 6 ns a frame: the caller has ordered it behind all reads of
 * the batch's frames.
 */
@inline
export function giveBack(frame: usize): void {
  store<u32>(frame, 0, RING_STATUS);
}
