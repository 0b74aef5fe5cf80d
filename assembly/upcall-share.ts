/**
 * How much of the upcall ring a port may fill: as much as half of what it leaves free, so a third when it is alone.
 *
 * What: a flood of misses from one port finds its share full, and is dropped, while there is room for the others' misses:
 *   n ports that flood leave 2/(n + 2) of the ring free. A port that has nothing waiting is refused by a full ring only.
 * Cost: two loads and a division by two for each upcall.
 */
import { MAX_PORTS } from "./layout/limits.ts";
import { SHARE_ANSWERED, SHARE_ASKED, SHARE_SIZE } from "./layout/upcall-share.ts";
import { UPCALL_SHARES_BASE } from "./memory.ts";
import { freeUpcallBytes } from "./rings.ts";

@inline
function shareOf(port: u32): usize {
  return UPCALL_SHARES_BASE + <usize>min<u32>(port, MAX_PORTS) * SHARE_SIZE;
}

/** Whether the port may have another `size` bytes in the ring. */
export function withinShare(port: u32, size: u32): bool {
  const share = shareOf(port);
  const waiting = load<u32>(share, SHARE_ASKED) - atomic.load<u32>(share, SHARE_ANSWERED);
  return waiting == 0 || waiting + size <= freeUpcallBytes() / 2;
}

export function takeShare(port: u32, size: u32): void {
  const share = shareOf(port);
  store<u32>(share, load<u32>(share, SHARE_ASKED) + size, SHARE_ASKED);
}
