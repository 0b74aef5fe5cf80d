/**
 * One batch: parse, look up, act; then the packets that recirculated, pass by pass.
 *
 *   PIPELINE_BASE  +0      u32[PACKET_SLOTS] packets of the pass that runs
 *                  +16Ki   u32[PACKET_SLOTS] their cache hashes
 *                  +32Ki   u32[PACKET_SLOTS] their megaflows (0 = none)
 *                  +48Ki   u32[PACKET_SLOTS] packets that wait for the next pass (CONTROL_WAITING of them)
 *                  +64Ki   tunnel fields while a tunnel header is taken off (actions/tunnel-pop.ts)
 *                  +80Ki   u32[PACKET_SLOTS] places in these lists of the packets that the cache knows nothing of
 *                  +96Ki   lists of the megaflow look-up (flow/probe.ts)
 *
 * What: a pass works in stages over all its packets, so that their cache misses overlap instead of adding up: hash
 *   all, read all hints, verify all, then run the programs in the order of arrival.
 * Invariants: a record is in one list at most, so lists never overflow; passes end because PACKET_DEPTH grows with each
 *   (RECIRC_LIMIT) and records are finite. Edits keep the key in step, so a recirculated packet is not parsed again.
 * Not handled: order between packets of different depth: a recirculated packet leaves after its batch's other packets.
 */
import { execute } from "./actions/execute.ts";
import { isOutput, outputPort } from "./actions/output.ts";
import { bucketAhead, fetchBuckets } from "./conntrack/ahead.ts";
import { count, countMany, drop } from "./counters.ts";
import { cachedFlow, cacheHash, covers, remember } from "./flow/cache.ts";
import { lookupMegaflows, wantMegaflow } from "./flow/lookup.ts";
import { transmitPlain } from "./io/transmit.ts";
import { CONTROL_CACHE_OFF, CONTROL_NOW, CONTROL_WAITING } from "./layout/control.ts";
import { COUNTER_BATCHES, COUNTER_CACHE_HIT, COUNTER_MEGAFLOW_HIT, COUNTER_MISS, COUNTER_PACKETS, COUNTER_RECIRCULATED, DROP_RECIRC_DEPTH, DROP_TORN } from "./layout/counter.ts";
import { KEY_TCP_FLAGS } from "./layout/key.ts";
import { RECIRC_LIMIT } from "./layout/limits.ts";
import { FLOW_BYTES, FLOW_KEY, FLOW_PACKETS, FLOW_PROGRAM, FLOW_STATE, FLOW_TCP_FLAGS, FLOW_USED } from "./layout/megaflow.ts";
import { PACKET_DEPTH, PACKET_FLOW, PACKET_KEY, PACKET_LENGTH, PACKET_SIZE } from "./layout/packet.ts";
import { OP_CT } from "./layout/program.ts";
import { UPCALL_MISS } from "./layout/upcall.ts";
import { CONTROL_BASE, PIPELINE_BASE } from "./memory.ts";
import { hashReceived, parseKey } from "./packet/parse.ts";
import { ringUpcallBell, upcall } from "./upcall.ts";

const PASS: usize = PIPELINE_BASE;
const HASHES: usize = PIPELINE_BASE + 0x4000;
const FLOWS: usize = PIPELINE_BASE + 0x8000;
const WAITING: usize = PIPELINE_BASE + 0xc000;
const MISSED: usize = PIPELINE_BASE + 0x1_4000;
/** Used one after the other with MISSED. */
const AHEAD: usize = MISSED;
const FETCHED: usize = PIPELINE_BASE + 0x1_5000;
const ETHERNET_SIZE: u32 = 14;

/** Runs `packets` records that lie one after the other from `first` on. */
export function processBatch(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  let taken: u32 = 0;
  for (let i: u32 = 0; i < packets; i++) {
    const packet = first + <usize>i * PACKET_SIZE;
    if (load<u32>(packet, PACKET_LENGTH) < ETHERNET_SIZE) {
      drop(packet, DROP_TORN);
      continue;
    }
    parseKey(packet);
    store<u32>(PASS + (<usize>taken << 2), <u32>packet);
    taken++;
  }
  runPass(taken);
  runWaiting();
}

/** As `processBatch`, for records whose keys are filled in already. */
export function processParsed(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  for (let i: u32 = 0; i < packets; i++) {
    store<u32>(PASS + (<usize>i << 2), <u32>(first + <usize>i * PACKET_SIZE));
  }
  runPass(packets);
  runWaiting();
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
    memory.copy(PASS, WAITING, <usize>waiting << 2);
    store<u32>(CONTROL_BASE, 0, CONTROL_WAITING);
    countMany(COUNTER_RECIRCULATED, waiting);
    runPass(waiting);
    waiting = load<u32>(CONTROL_BASE, CONTROL_WAITING);
  }
  ringUpcallBell();
}

function runPass(packets: u32): void {
  countMany(COUNTER_PACKETS, packets);
  const end = <usize>packets << 2;
  if (load<u32>(CONTROL_BASE, CONTROL_CACHE_OFF) == 0) {
    for (let i: usize = 0; i < end; i += 4) store<u32>(HASHES + i, cacheHash(load<u32>(PASS + i)));
    for (let i: usize = 0; i < end; i += 4) store<u32>(FLOWS + i, <u32>cachedFlow(load<u32>(HASHES + i)));
    fetchAhead(end);
    classify(end);
  } else {
    classifyUncached(packets);
  }
  fetchConnections(end);
  for (let i: usize = 0; i < end; i += 4) {
    const packet: usize = load<u32>(PASS + i);
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) {
      count(COUNTER_MISS);
      if (load<u32>(packet, PACKET_DEPTH) == 0) hashReceived(packet);
      upcall(packet, UPCALL_MISS, 0, 0);
      continue;
    }
    credit(flow, packet);
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    const bytes = load<u32>(program);
    if (isOutput(program + 4, bytes) && transmitPlain(packet, outputPort(program + 4))) continue;
    if (load<u32>(packet, PACKET_DEPTH) == 0) hashReceived(packet);
    execute(packet, program + 4, program + 4 + bytes, 0);
  }
}

/** Reads a word of each hinted flow's two lines, so that their cache misses overlap. */
@inline
function fetchAhead(end: usize): void {
  let sum: u32 = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const flow: usize = load<u32>(FLOWS + i);
    sum += load<u32>(flow, FLOW_STATE) + load<u32>(flow, FLOW_KEY);
  }
  store<u32>(FETCHED, sum); // or the compiler would see that nobody wants them
}

/** Reads ahead the connections that programs beginning with OP_CT will want. */
@inline
function fetchConnections(end: usize): void {
  let list: usize = AHEAD;
  for (let i: usize = 0; i < end; i += 4) {
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) continue;
    const instruction: usize = load<u32>(flow, FLOW_PROGRAM) + 4;
    if (load<u16>(instruction) != OP_CT) continue;
    const bucket = bucketAhead(load<u32>(PASS + i), instruction);
    if (bucket == 0) continue;
    store<u32>(list, <u32>bucket);
    list += 4;
  }
  if (list != AHEAD) fetchBuckets(AHEAD, list);
}

/** Turns the hints in FLOWS into megaflows that cover their packets, 0 where there is none. */
@inline
function classify(end: usize): void {
  let missed: u32 = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const hint: usize = load<u32>(FLOWS + i);
    const key: usize = load<u32>(load<u32>(PASS + i), PACKET_KEY);
    if (hint != 0 && covers(hint, key)) continue;
    store<u32>(MISSED + (<usize>missed << 2), <u32>i);
    wantMegaflow(missed, key, FLOWS + i);
    missed++;
  }
  countMany(COUNTER_CACHE_HIT, (end >> 2) - missed);
  if (missed != 0) lookUp(missed);
}

/** As `classify`, without the cache. */
function classifyUncached(packets: u32): void {
  for (let i: u32 = 0; i < packets; i++) {
    const at = <usize>i << 2;
    wantMegaflow(i, load<u32>(load<u32>(PASS + at), PACKET_KEY), FLOWS + at);
  }
  lookupMegaflows(packets);
  let hits: u64 = 0;
  for (let at: usize = 0; at < <usize>packets << 2; at += 4) hits += <u64>(load<u32>(FLOWS + at) != 0);
  countMany(COUNTER_MEGAFLOW_HIT, hits);
}

/** Megaflows for the packets in MISSED. */
function lookUp(missed: u32): void {
  lookupMegaflows(missed);
  let hits: u64 = 0;
  for (let i: u32 = 0; i < missed; i++) {
    const at: usize = load<u32>(MISSED + (<usize>i << 2));
    const flow: usize = load<u32>(FLOWS + at);
    if (flow == 0) continue;
    remember(load<u32>(HASHES + at), flow);
    hits++;
  }
  countMany(COUNTER_MEGAFLOW_HIT, hits);
}

@inline
function credit(flow: usize, packet: usize): void {
  store<u32>(packet, <u32>flow, PACKET_FLOW);
  store<u64>(flow, load<u64>(flow, FLOW_PACKETS) + 1, FLOW_PACKETS);
  store<u64>(flow, load<u64>(flow, FLOW_BYTES) + load<u32>(packet, PACKET_LENGTH), FLOW_BYTES);
  store<u64>(flow, load<u64>(CONTROL_BASE, CONTROL_NOW), FLOW_USED);
  const seen = load<u32>(flow, FLOW_TCP_FLAGS);
  const tcpFlags = seen | bswap<u16>(load<u16>(load<u32>(packet, PACKET_KEY), KEY_TCP_FLAGS));
  if (tcpFlags != seen) store<u32>(flow, tcpFlags, FLOW_TCP_FLAGS);
}
