/**
 * `node forwarders.ts DEVICE…`, in the devices' namespace: how many programs the kernel has at the ingress of each, as JSON
 * (BPF_PROG_QUERY, linux/bpf.h).
 */

import { ATTACH_TCX_INGRESS } from "../../../src/kernel/bpf/bpf.ts";
import { check } from "../../../src/kernel/errno.ts";
import { findLink } from "../../../src/kernel/link.ts";
import { addressOf, argument, bpf } from "../../../src/kernel/system-calls.ts";

const BPF_PROG_QUERY = 16;
/** target_ifindex, attach_type, query_flags, attach_flags, prog_ids, count … */
const QUERY_SIZE = 64;
const COUNT = 24;

function programs(device: string): number {
  const link = findLink(device);
  if (link === undefined) throw new Error(`there is no ${device}`);
  const query = argument(QUERY_SIZE);
  query.fill(0);
  query.writeUInt32LE(link.index, 0);
  query.writeUInt32LE(ATTACH_TCX_INGRESS, 4);
  check(bpf(BPF_PROG_QUERY, addressOf(query), QUERY_SIZE), "BPF_PROG_QUERY");
  return query.readUInt32LE(COUNT);
}

console.log(JSON.stringify(process.argv.slice(2).map(programs)));
