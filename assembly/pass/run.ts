/** The programs of a pass's megaflows, run on their packets. */
import { execute } from "../actions/execute.ts";
import { outputPort } from "../actions/output.ts";
import { isSelect, runBucket } from "../actions/select.ts";
import { count } from "../counters.ts";
import { transmit, transmitPlain } from "../io/transmit.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { COUNTER_MISS } from "../layout/counter.ts";
import { KEY_TCP_FLAGS } from "../layout/key.ts";
import { FLOW_BYTES, FLOW_PACKETS, FLOW_PROGRAM, FLOW_TCP_FLAGS, FLOW_USED } from "../layout/megaflow.ts";
import { PACKET_FLOW, PACKET_KEY, PACKET_LENGTH } from "../layout/packet.ts";
import { UPCALL_MISS } from "../layout/upcall.ts";
import { CONTROL_BASE } from "../memory.ts";
import { areNoted, noteFlow } from "../offload/path.ts";
import { hashOne } from "../packet/received-hash.ts";
import { choosesByReceivedHash } from "../select/select.ts";
import { upcall } from "../upcall.ts";
import { CHOSEN, FLOWS, PASS } from "./lists.ts";
import { outputOnly } from "./needs.ts";

/**
 * The programs of the pass, in the order of arrival. What most are, an output to a port where nothing stands in the way or the choice
 * of a bucket, is done without the interpreter; packets in a row mostly share their program.
 */
@inline
export function run(end: usize): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  let known: usize = 0; // the program last seen
  let port: usize = 0; // its port's record, when it is such an output
  let selects = false;
  let hashed = false; // by the RSS hash, which hence is there
  const noting = areNoted();
  for (let i: usize = 0; i < end; i += 4) {
    const packet: usize = load<u32>(PASS + i);
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) {
      miss(packet);
      continue;
    }
    credit(flow, packet, now);
    if (noting) noteFlow(packet, flow);
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

@inline
function credit(flow: usize, packet: usize, now: u64): void {
  store<u32>(packet, <u32>flow, PACKET_FLOW);
  store<u64>(flow, load<u64>(flow, FLOW_PACKETS) + 1, FLOW_PACKETS);
  store<u64>(flow, load<u64>(flow, FLOW_BYTES) + load<u32>(packet, PACKET_LENGTH), FLOW_BYTES);
  store<u64>(flow, now, FLOW_USED);
  const tcpFlags: u32 = load<u16>(load<u32>(packet, PACKET_KEY), KEY_TCP_FLAGS);
  store<u16>(flow, <u16>(load<u16>(flow, FLOW_TCP_FLAGS) | tcpFlags), FLOW_TCP_FLAGS);
}
