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
 *                  +384Ki  u32[PACKET_SLOTS] buckets chosen for them
 *                  +388Ki  u32[PACKET_SLOTS] whether each has the key of the packet before it (all ones) or not (0)
 *
 * What: a pass works in stages over all its packets, so that their cache misses overlap instead of adding up: hash
 *   all, read all hints, verify all, then run the programs in the order of arrival.
 * Invariants: a record is in one list at most, so lists never overflow; passes end because PACKET_DEPTH grows with each
 *   (RECIRC_LIMIT) and records are finite. Edits keep the key in step, so a recirculated packet is not parsed again.
 * Not handled: order between packets of different depth: a recirculated packet leaves after its batch's other packets.
 */
import { execute } from "./actions/execute.ts";
import { isOutput, outputPort } from "./actions/output.ts";
import { isSelect, runBucket } from "./actions/select.ts";
import { bucketAhead, fetchBuckets } from "./conntrack/ahead.ts";
import { count, countMany, drop } from "./counters.ts";
import { cachedFlow, cacheHash, covers, remember } from "./flow/cache.ts";
import { lookupMegaflows, wantMegaflow } from "./flow/lookup.ts";
import { plainPort, transmit, transmitPlain } from "./io/transmit.ts";
import { CONTROL_CACHE_OFF, CONTROL_NOW, CONTROL_WAITING } from "./layout/control.ts";
import { COUNTER_BATCHES, COUNTER_CACHE_HIT, COUNTER_MEGAFLOW_HIT, COUNTER_MISS, COUNTER_PACKETS, COUNTER_RECIRCULATED, DROP_RECIRC_DEPTH, DROP_TORN } from "./layout/counter.ts";
import { KEY_EXTENT_IPV4, KEY_TCP_FLAGS } from "./layout/key.ts";
import { RECIRC_LIMIT } from "./layout/limits.ts";
import { FLOW_BYTES, FLOW_KEY, FLOW_PACKETS, FLOW_PROGRAM, FLOW_STATE, FLOW_TCP_FLAGS, FLOW_USED } from "./layout/megaflow.ts";
import { PACKET_DEPTH, PACKET_FLOW, PACKET_KEY, PACKET_KEY_EXTENT, PACKET_LENGTH, PACKET_RSS_HASH, PACKET_SIZE } from "./layout/packet.ts";
import { OP_CT } from "./layout/program.ts";
import { UPCALL_MISS } from "./layout/upcall.ts";
import { CONTROL_BASE, PIPELINE_BASE } from "./memory.ts";
import { parseKey } from "./packet/parse.ts";
import { hashFour, hashOne } from "./packet/received-hash.ts";
import { chooseFour, choosesByReceivedHash } from "./select/select.ts";
import { ringUpcallBell, upcall } from "./upcall.ts";

const PASS: usize = PIPELINE_BASE;
const HASHES: usize = PIPELINE_BASE + 0x4000;
const FLOWS: usize = PIPELINE_BASE + 0x8000;
const WAITING: usize = PIPELINE_BASE + 0xc000;
const MISSED: usize = PIPELINE_BASE + 0x1_4000;
const CHOSEN: usize = PIPELINE_BASE + 0x6_0000;
const SAME: usize = PIPELINE_BASE + 0x6_1000;
const ALL_ONES: u32 = 0xffff_ffff;
/** Used one after the other with MISSED. */
const AHEAD: usize = MISSED;
const FETCHED: usize = PIPELINE_BASE + 0x1_5000;
const ETHERNET_SIZE: u32 = 14;
/** The RSS hash; its connection read ahead. */
const NEEDS_HASH: u32 = 1;
const NEEDS_CONNECTION: u32 = 2;
/** The bucket of a program that is one select, chosen ahead. */
const NEEDS_CHOICE: u32 = 4;

/** Runs `packets` records that lie one after the other from `first` on. */
export function processBatch(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  const last = first + <usize>packets * PACKET_SIZE;
  let end: usize = 0;
  for (let packet = first; packet < last; packet += PACKET_SIZE) {
    if (load<u32>(packet, PACKET_LENGTH) < ETHERNET_SIZE) {
      drop(packet, DROP_TORN);
      continue;
    }
    store<u32>(PASS + end, <u32>packet);
    store<u32>(HASHES + end, parseKey(packet));
    end += 4;
  }
  runPass(end);
  runWaiting();
}

/** As `processBatch`, for records whose keys are filled in already. */
export function processParsed(first: usize, packets: u32): void {
  count(COUNTER_BATCHES);
  const end = <usize>packets << 2;
  for (let at: usize = 0; at < end; at += 4) enlist(at, first + (at >> 2) * PACKET_SIZE);
  runPass(end);
  runWaiting();
}

/** Puts a packet whose key is filled in into the pass that is about to run. */
@inline
function enlist(at: usize, packet: usize): void {
  store<u32>(PASS + at, <u32>packet);
  store<u32>(HASHES + at, cacheHash(packet));
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
    for (let at: usize = 0; at < end; at += 4) enlist(at, load<u32>(WAITING + at));
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

/**
 * The cache's hints, and a word of each hinted flow's two lines, so that their cache misses overlap. A packet whose key is that of the
 * packet before it, as in a burst of one connection, is only marked.
 */
@inline
function readHints(end: usize): void {
  let sum: u32 = 0;
  let hashBefore: u32 = 0; // no packet's
  for (let i: usize = 0; i < end; i += 4) {
    const hash = load<u32>(HASHES + i);
    if (hash == hashBefore && haveOneKey(load<u32>(PASS + i), load<u32>(PASS + i - 4))) {
      store<u32>(SAME + i, ALL_ONES);
      continue;
    }
    hashBefore = hash;
    store<u32>(SAME + i, 0);
    const flow = cachedFlow(hash);
    store<u32>(FLOWS + i, <u32>flow);
    sum += load<u32>(flow, FLOW_STATE) + load<u32>(flow, FLOW_KEY);
  }
  store<u32>(FETCHED, sum); // or the compiler would see that nobody wants them
}

/** Equal keys of IPv4 size. */
@inline
function haveOneKey(packet: usize, before: usize): bool {
  if (load<u32>(packet, PACKET_KEY_EXTENT) != KEY_EXTENT_IPV4) return false;
  if (load<u32>(before, PACKET_KEY_EXTENT) != KEY_EXTENT_IPV4) return false;
  const key: usize = load<u32>(packet, PACKET_KEY);
  const other: usize = load<u32>(before, PACKET_KEY);
  const differing = v128.or(
    v128.or(
      v128.xor(v128.load(key), v128.load(other)),
      v128.xor(v128.load(key, 16), v128.load(other, 16)),
    ),
    v128.or(
      v128.xor(v128.load(key, 32), v128.load(other, 32)),
      v128.xor(v128.load(key, 48), v128.load(other, 48)),
    ),
  );
  return !v128.any_true(differing);
}

/**
 * The programs of the pass, in the order of arrival. What most are, an output to a port where nothing stands in the way or the choice
 * of a bucket, is done without the interpreter; packets in a row mostly share their program.
 */
@inline
function run(end: usize): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  let known: usize = 0; // the program last seen
  let port: usize = 0; // its port's record, when it is such an output
  let selects = false;
  let hashed = false; // by the RSS hash, which hence is there
  for (let i: usize = 0; i < end; i += 4) {
    const packet: usize = load<u32>(PASS + i);
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) {
      miss(packet);
      continue;
    }
    credit(flow, packet, now);
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (program != known) {
      known = program;
      port = outputOnly(program);
      selects = port == 0 && isSelect(program + 4, load<u32>(program));
      hashed = selects && choosesByReceivedHash(program + 4);
    }
    if (port != 0) {
      if (!transmitPlain(packet, port)) transmit(packet, outputPort(program + 4));
    } else if (selects) {
      runBucket(packet, load<u32>(CHOSEN + i), program + 4, load<u32>(program), 0, hashed);
    } else {
      execute(packet, program + 4, program + 4 + load<u32>(program), 0);
    }
  }
}

function miss(packet: usize): void {
  count(COUNTER_MISS);
  hashOne(packet);
  upcall(packet, UPCALL_MISS, 0, 0);
}

/** Record of the port when the program is one output and nothing else, to a port that is fit for `transmitPlain`; else 0. */
@inline
function outputOnly(program: usize): usize {
  return isOutput(program + 4, load<u32>(program)) ? plainPort(outputPort(program + 4)) : 0;
}

/** The RSS hashes of packets that have just come in, before their programs edit them. */
function hashAll(end: usize): void {
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) {
    if (areSame(i)) {
      const hash = load<u32>(load<u32>(PASS + i - 4), PACKET_RSS_HASH);
      for (let at = PASS + i; at < PASS + i + 16; at += 4) store<u32>(load<u32>(at), hash, PACKET_RSS_HASH);
      continue;
    }
    hashFour(load<u32>(PASS + i), load<u32>(PASS + i + 4), load<u32>(PASS + i + 8), load<u32>(PASS + i + 12));
  }
  for (; i < end; i += 4) {
    hashOne(load<u32>(PASS + i));
  }
}

/** Chooses the buckets for packets in a row whose program is one and the same select, four at a time. */
function chooseAhead(end: usize): void {
  let next: usize = 0;
  for (let i: usize = 0; i < end; i = next) {
    next = i + 4;
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (!isSelect(program + 4, load<u32>(program))) continue;
    while (next < end && hasProgram(load<u32>(FLOWS + next), <u32>program)) next += 4;
    const last = PASS + next - 4;
    for (let at = PASS + i; at <= last; at += 16) {
      if (areSame(at - PASS)) {
        v128.store(at - PASS + CHOSEN, v128.load_splat<u32>(at - PASS + CHOSEN - 4));
        continue;
      }
      const b = min<usize>(at + 4, last);
      const c = min<usize>(at + 8, last);
      const d = min<usize>(at + 12, last);
      chooseFour(program + 4, load<u32>(at), load<u32>(b), load<u32>(c), load<u32>(d), at - PASS + CHOSEN);
    }
  }
}

/** Whether four packets all have the key of the packet before them. */
@inline
function areSame(i: usize): bool {
  return v128.all_true<u32>(v128.load(SAME + i));
}

@inline
function hasProgram(flow: usize, program: u32): bool {
  return flow != 0 && load<u32>(flow, FLOW_PROGRAM) == program;
}

/** Reads ahead the connections that programs beginning with OP_CT will want. */
@inline
function fetchConnections(end: usize): void {
  let list: usize = AHEAD;
  for (let i: usize = 0; i < end; i += 4) {
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0 || load<u32>(SAME + i) != 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (!beginsWithTracking(program)) continue;
    const bucket = bucketAhead(load<u32>(PASS + i), program + 4);
    if (bucket == 0) continue;
    store<u32>(list, <u32>bucket);
    list += 4;
  }
  if (list != AHEAD) fetchBuckets(AHEAD, list);
}

@inline
function beginsWithTracking(program: usize): bool {
  return load<u16>(program + 4) == OP_CT;
}

/** What packets of the program need before it runs, NEEDS_*. */
@inline
function needsOf(program: usize): u32 {
  if (outputOnly(program) != 0) return 0;
  if (beginsWithTracking(program)) return NEEDS_HASH | NEEDS_CONNECTION;
  if (!isSelect(program + 4, load<u32>(program))) return NEEDS_HASH;
  return choosesByReceivedHash(program + 4) ? NEEDS_HASH | NEEDS_CHOICE : NEEDS_CHOICE;
}

/** Turns the hints in FLOWS into megaflows that cover their packets, 0 where there is none. What their programs need. */
@inline
function classify(end: usize): u32 {
  let missed: u32 = 0;
  let needs: u32 = 0;
  let known: usize = 0;
  for (let i: usize = 0; i < end; i += 4) {
    let hint: usize = 0;
    if (load<u32>(SAME + i) != 0) {
      hint = load<u32>(FLOWS + i - 4);
      store<u32>(FLOWS + i, <u32>hint);
      if (hint != 0) continue;
    } else {
      hint = load<u32>(FLOWS + i);
    }
    const key: usize = load<u32>(load<u32>(PASS + i), PACKET_KEY);
    if (hint != 0 && covers(hint, key)) {
      const program: usize = load<u32>(hint, FLOW_PROGRAM);
      if (program == known) continue;
      known = program;
      needs |= needsOf(program);
      continue;
    }
    store<u32>(MISSED + (<usize>missed << 2), <u32>i);
    wantMegaflow(missed, key, FLOWS + i);
    missed++;
  }
  countMany(COUNTER_CACHE_HIT, (end >> 2) - missed);
  if (missed == 0) return needs;
  lookUp(missed);
  return needsOfAll(end);
}

function needsOfAll(end: usize): u32 {
  let needs: u32 = 0;
  let known: usize = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (program == known) continue;
    known = program;
    needs |= needsOf(program);
  }
  return needs;
}

/** As `classify`, without the cache. */
function classifyUncached(packets: u32): u32 {
  for (let i: u32 = 0; i < packets; i++) {
    const at = <usize>i << 2;
    wantMegaflow(i, load<u32>(load<u32>(PASS + at), PACKET_KEY), FLOWS + at);
    store<u32>(SAME + at, 0);
  }
  lookupMegaflows(packets);
  let hits: u64 = 0;
  for (let at: usize = 0; at < <usize>packets << 2; at += 4) hits += <u64>(load<u32>(FLOWS + at) != 0);
  countMany(COUNTER_MEGAFLOW_HIT, hits);
  return needsOfAll(<usize>packets << 2);
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
function credit(flow: usize, packet: usize, now: u64): void {
  store<u32>(packet, <u32>flow, PACKET_FLOW);
  store<u64>(flow, load<u64>(flow, FLOW_PACKETS) + 1, FLOW_PACKETS);
  store<u64>(flow, load<u64>(flow, FLOW_BYTES) + load<u32>(packet, PACKET_LENGTH), FLOW_BYTES);
  store<u64>(flow, now, FLOW_USED);
  const tcpFlags: u32 = load<u16>(load<u32>(packet, PACKET_KEY), KEY_TCP_FLAGS);
  store<u16>(flow, <u16>(load<u16>(flow, FLOW_TCP_FLAGS) | tcpFlags), FLOW_TCP_FLAGS);
}
