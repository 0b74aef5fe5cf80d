/** The programs of a pass's megaflows, run on their packets. */
import { execute } from "../actions/execute.ts";
import { isSelect, runBuckets } from "../actions/select.ts";
import { count } from "../counters.ts";
import { transmitAll } from "../io/transmit.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { COUNTER_MISS } from "../layout/counter.ts";
import { KEY_TCP_FLAGS } from "../layout/key.ts";
import { FLOW_BYTES, FLOW_PACKETS, FLOW_PROGRAM, FLOW_TCP_FLAGS, FLOW_USED } from "../layout/megaflow.ts";
import { PACKET_KEY, PACKET_LENGTH } from "../layout/packet.ts";
import { UPCALL_MISS } from "../layout/upcall.ts";
import { CONTROL_BASE } from "../memory.ts";
import { areNoted, noteFlow } from "../offload/path.ts";
import { hashOne } from "../packet/received-hash.ts";
import { upcall } from "../upcall.ts";
import { CHOSEN, FLOWS, PASS, SAME } from "./lists.ts";
import { outputOnly } from "./needs.ts";

/**
 * The programs of the pass, in the order of arrival. What most are, an output to a port where nothing stands in the way or the choice
 * of a bucket, is done without the interpreter. Packets in a row that have their megaflow or their port in common are counted, and
 * queued, together.
 */
@inline
export function run(end: usize): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  let known: usize = 0; // the program last seen
  let direct: usize = 0; // its port's record, when it is such an output
  let selects = false;
  let first: usize = 0; // of the packets that wait to go out by `port`
  let port: usize = 0;
  let next: usize = 0;
  const noting = areNoted();
  for (let i: usize = 0; i < end; i = next) {
    const flow: usize = load<u32>(FLOWS + i);
    next = i + 4;
    while (next < end && load<u32>(FLOWS + next) == <u32>flow) next += 4;
    let program: usize = 0;
    let wanted: usize = 0;
    if (flow != 0) {
      credit(flow, i, next, now);
      if (noting) noteAll(i, next, flow);
      program = load<u32>(flow, FLOW_PROGRAM);
      if (program != known) {
        known = program;
        direct = outputOnly(program);
        selects = direct == 0 && isSelect(program + 4, load<u32>(program));
      }
      wanted = direct;
    }
    if (wanted != port) {
      if (port != 0) transmitAll(PASS + first, PASS + i, port);
      port = wanted;
      first = i;
    }
    if (wanted != 0) continue;
    if (flow == 0) missAll(i, next);
    else if (selects) runBuckets(PASS + i, PASS + next, CHOSEN + i, SAME + i, program + 4, load<u32>(program));
    else executeAll(i, next, program);
  }
  if (port != 0) transmitAll(PASS + first, PASS + end, port);
}

function executeAll(from: usize, to: usize, program: usize): void {
  const end = program + 4 + load<u32>(program);
  for (let i = from; i < to; i += 4) execute(load<u32>(PASS + i), program + 4, end, 0);
}

function noteAll(from: usize, to: usize, flow: usize): void {
  for (let i = from; i < to; i += 4) noteFlow(load<u32>(PASS + i), flow);
}

function missAll(from: usize, to: usize): void {
  for (let i = from; i < to; i += 4) miss(load<u32>(PASS + i));
}

function miss(packet: usize): void {
  count(COUNTER_MISS);
  hashOne(packet);
  upcall(packet, UPCALL_MISS, 0, 0);
}

/** Counts the packets of places `from` to `to` for their megaflow. */
@inline
function credit(flow: usize, from: usize, to: usize, now: u64): void {
  let bytes: u64 = 0;
  let tcpFlags: u32 = load<u16>(flow, FLOW_TCP_FLAGS);
  for (let i = from; i < to; i += 4) {
    const packet: usize = load<u32>(PASS + i);
    bytes += load<u32>(packet, PACKET_LENGTH);
    tcpFlags |= load<u16>(load<u32>(packet, PACKET_KEY), KEY_TCP_FLAGS);
  }
  store<u64>(flow, load<u64>(flow, FLOW_PACKETS) + <u64>((to - from) >> 2), FLOW_PACKETS);
  store<u64>(flow, load<u64>(flow, FLOW_BYTES) + bytes, FLOW_BYTES);
  store<u64>(flow, now, FLOW_USED);
  store<u16>(flow, <u16>tcpFlags, FLOW_TCP_FLAGS);
}
