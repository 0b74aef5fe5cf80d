/**
 * What is done for all packets of a pass before the first of their programs runs: hashes and choices four packets at a time,
 * connections read ahead.
 */
import { isSelect } from "../actions/select.ts";
import { bucketAhead, fetchBuckets } from "../conntrack/ahead.ts";
import { FLOW_PROGRAM } from "../layout/megaflow.ts";
import { PACKET_RSS_HASH, PACKET_TRACK_BUCKET } from "../layout/packet.ts";
import { hashFour, hashOne } from "../packet/received-hash.ts";
import { chooseFour, chooseReceived, choosesByReceivedHash } from "../select/select.ts";
import { AHEAD, CHOSEN, FLOWS, PASS, SAME } from "./lists.ts";
import { beginsWithTracking } from "./needs.ts";

/** The RSS hashes of packets that have just come in, before their programs edit them. */
export function hashAll(end: usize): void {
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
export function chooseAhead(end: usize): void {
  let next: usize = 0;
  for (let i: usize = 0; i < end; i = next) {
    next = i + 4;
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (!isSelect(program + 4, load<u32>(program))) continue;
    while (next < end && hasProgram(load<u32>(FLOWS + next), <u32>program)) next += 4;
    if (choosesByReceivedHash(program + 4)) chooseReceived(program + 4, PASS + i, PASS + next, CHOSEN + i, SAME + i);
    else choose(program + 4, i, next);
  }
}

function choose(instruction: usize, from: usize, to: usize): void {
  const last = PASS + to - 4;
  for (let at = PASS + from; at <= last; at += 16) {
    if (areSame(at - PASS)) {
      v128.store(at - PASS + CHOSEN, v128.load_splat<u32>(at - PASS + CHOSEN - 4));
      continue;
    }
    const b = min<usize>(at + 4, last);
    const c = min<usize>(at + 8, last);
    const d = min<usize>(at + 12, last);
    chooseFour(instruction, load<u32>(at), load<u32>(b), load<u32>(c), load<u32>(d), at - PASS + CHOSEN);
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

/** Reads ahead the connections that programs beginning with OP_CT will want, and leaves their buckets with the packets. */
export function fetchConnections(end: usize): void {
  let list: usize = AHEAD;
  let before: usize = 0; // bucket of the packet before
  for (let i: usize = 0; i < end; i += 4) {
    const packet: usize = load<u32>(PASS + i);
    const flow: usize = load<u32>(FLOWS + i);
    if (load<u32>(SAME + i) != 0 && flow != 0) {
      store<u32>(packet, <u32>before, PACKET_TRACK_BUCKET);
      continue;
    }
    before = 0;
    if (flow == 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (!beginsWithTracking(program)) continue;
    const bucket = bucketAhead(packet, program + 4);
    if (bucket == 0) continue;
    store<u32>(packet, <u32>bucket, PACKET_TRACK_BUCKET);
    before = bucket;
    store<u32>(list, <u32>bucket);
    list += 4;
  }
  if (list != AHEAD) fetchBuckets(AHEAD, list);
}
