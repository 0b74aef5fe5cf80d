/**
 * One batch: parse, look up, act; then the packets that recirculated, pass by pass.
 *
 * What: a pass works in stages over all its packets, so that their cache misses overlap instead of adding up: hash
 *   all, read all hints, verify all, then run the programs in the order of arrival.
 * Invariants: passes end because PACKET_DEPTH grows with each
 *   (RECIRC_LIMIT) and records are finite. Edits keep the key in step, so a recirculated packet is not parsed again.
 * Not handled: order between packets of different depth: a recirculated packet leaves after its batch's other packets.
 */
import { count, countMany, drop } from "./counters.ts";
import { cacheHash } from "./flow/cache.ts";
import { CONTROL_CACHE_OFF, CONTROL_WAITING } from "./layout/control.ts";
import { COUNTER_BATCHES, COUNTER_PACKETS, COUNTER_RECIRCULATED, DROP_RECIRC_DEPTH, DROP_TORN } from "./layout/counter.ts";
import { RECIRC_LIMIT } from "./layout/limits.ts";
import { PACKET_DEPTH, PACKET_KEY, PACKET_LENGTH, PACKET_SIZE } from "./layout/packet.ts";
import { CONTROL_BASE } from "./memory.ts";
import { isAlike, parseAlike } from "./packet/parse-alike.ts";
import { parseCommon } from "./packet/parse-common.ts";
import { parseAny } from "./packet/parse.ts";
import { vetPartialChecksum } from "./packet/partial-checksum.ts";
import { chooseAhead, fetchConnections, hashAll } from "./pass/ahead.ts";
import { classify, classifyUncached, haveOneKey, readHints } from "./pass/classify.ts";
import { ALL_ONES, HASHES, PASS, SAME, WAITING } from "./pass/lists.ts";
import { NEEDS_CHOICE, NEEDS_CONNECTION, NEEDS_HASH } from "./pass/needs.ts";
import { run } from "./pass/run.ts";
import { ringUpcallBell } from "./upcall.ts";

const ETHERNET_SIZE: u32 = 14;

/** Runs `packets` records that lie one after the other from `first` on. */
export function processBatch(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  runPass(parseAll(first, first + <usize>packets * PACKET_SIZE));
  runWaiting();
}

/** Parses the records from `first` to `last` and puts them into the pass that is about to run; where its lists end. */
@inline
export function parseAll(first: usize, last: usize): usize {
  let end: usize = 0;
  let before: usize = 0; // the packet before, if its frame is a common one
  let hash: u32 = 0; // its key's
  for (let packet = first; packet < last; packet += PACKET_SIZE) {
    if (load<u32>(packet, PACKET_LENGTH) < ETHERNET_SIZE) {
      drop(packet, DROP_TORN);
      continue;
    }
    store<u32>(PASS + end, <u32>packet);
    if (before != 0 && isAlike(packet, before)) {
      parseAlike(packet, before);
      store<u32>(SAME + end, ALL_ONES);
    } else {
      hash = parseCommon(packet, load<u32>(packet, PACKET_KEY));
      before = hash != 0 ? packet : 0;
      if (hash == 0) hash = parseAny(packet);
      store<u32>(SAME + end, 0);
    }
    vetPartialChecksum(packet);
    store<u32>(HASHES + end, hash);
    end += 4;
  }
  return end;
}

/** As `processBatch`, for records whose keys are filled in already. */
export function processParsed(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  const end = <usize>packets << 2;
  let before: usize = 0;
  for (let at: usize = 0; at < end; at += 4) {
    const packet = first + (at >> 2) * PACKET_SIZE;
    enlist(at, packet, before);
    before = packet;
  }
  runPass(end);
  runWaiting();
}

/** Puts a packet whose key is filled in into the pass that is about to run. `before`: the one in the place before, 0 = none. */
@inline
function enlist(at: usize, packet: usize, before: usize): void {
  store<u32>(PASS + at, <u32>packet);
  const same = before != 0 && haveOneKey(packet, before);
  store<u32>(HASHES + at, same ? load<u32>(HASHES + at - 4) : cacheHash(packet));
  store<u32>(SAME + at, same ? ALL_ONES : 0);
}

/** Queues a packet for another pass, which looks up its key as it is now; drops it when it has had too many. */
export function passAgain(packet: usize): void {
  const depth = load<u32>(packet, PACKET_DEPTH) + 1;
  if (depth > <u32>RECIRC_LIMIT) return drop(packet, DROP_RECIRC_DEPTH);
  store<u32>(packet, depth, PACKET_DEPTH);
  const waiting = load<u32>(CONTROL_BASE, CONTROL_WAITING);
  store<u32>(WAITING + (<usize>waiting << 2), <u32>packet);
  store<u32>(CONTROL_BASE, waiting + 1, CONTROL_WAITING);
}

/** Runs passes until no packet waits, and tells the main thread of the upcalls. */
export function runWaiting(): void {
  let waiting = load<u32>(CONTROL_BASE, CONTROL_WAITING);
  while (waiting != 0) {
    const end = <usize>waiting << 2;
    let before: usize = 0;
    for (let at: usize = 0; at < end; at += 4) {
      const packet: usize = load<u32>(WAITING + at);
      enlist(at, packet, before);
      before = packet;
    }
    store<u32>(CONTROL_BASE, 0, CONTROL_WAITING);
    countMany(COUNTER_RECIRCULATED, waiting);
    runPass(end);
    waiting = load<u32>(CONTROL_BASE, CONTROL_WAITING);
  }
  ringUpcallBell();
}

/** One pass of the packets in PASS up to `end`, whose cache hashes are in HASHES. */
function runPass(end: usize): void {
  countMany(COUNTER_PACKETS, end >> 2);
  let needs: u32;
  if (load<u32>(CONTROL_BASE, CONTROL_CACHE_OFF) == 0) {
    readHints(end);
    needs = classify(end);
  } else {
    needs = classifyUncached(<u32>end >> 2);
  }
  if (needs & NEEDS_HASH) hashAll(end);
  if (needs & NEEDS_CHOICE) chooseAhead(end);
  if (needs & NEEDS_CONNECTION) fetchConnections(end);
  run(end);
}
