/** Every DROP_* reason by the name that counters and dumps show, with a sentence for people. The index is the reason. */
export interface DropReason {
  readonly name: string;
  readonly sentence: string;
}

export const DROP_REASON_LIST: readonly DropReason[] = [
  { name: "action", sentence: "The flow's actions drop the packet, or there are none." },
  { name: "upcall_lost", sentence: "No megaflow covers the packet, and the ring to the slow path is full." },
  { name: "no_port", sentence: "The packet was to leave through a port that does not exist." },
  { name: "port_down", sentence: "The packet was to leave through a port that is down." },
  { name: "tx_full", sentence: "The port's device took no more frames." },
  { name: "tx_error", sentence: "The kernel refused the frame for another reason than a full queue." },
  { name: "recirculation_depth", sentence: "The packet was recirculated too often: the flows contain a loop." },
  { name: "meter", sentence: "The packet exceeded a band of its meter." },
  { name: "too_long", sentence: "The frame is longer than the port's MTU allows, and cannot be segmented." },
  { name: "torn", sentence: "The frame is shorter than an Ethernet header, or was not received whole." },
  { name: "no_buffer", sentence: "The batch used up its packet records, clone heads or segment buffers." },
  { name: "conntrack_full", sentence: "The connection table, or the zone's limit, has no room for a new connection." },
  { name: "nat_exhausted", sentence: "NAT found no free address and port for a new connection." },
  { name: "fragment_waiting", sentence: "The IP fragment is held until the others have come; it is not lost." },
  {
    name: "fragment_expired",
    sentence: "Reassembly gave up: the other fragments stayed away, overlapped, or were too many.",
  },
  { name: "bad_program", sentence: "The megaflow's action program is malformed." },
  { name: "no_bucket", sentence: "The select group has no live bucket." },
  { name: "tunnel", sentence: "The tunnel header is broken, or there was no way to encapsulate the packet." },
  { name: "slow_path", sentence: "The slow path could not translate the packet; its own counters tell why." },
  { name: "bad_set", sentence: "A set action met a packet without the header that it sets." },
  { name: "invalid_execute", sentence: "The slow path asked to execute a malformed frame." },
  {
    name: "upcall_share",
    sentence: "No megaflow covers the packet, and its port has its share of the ring to the slow path waiting already.",
  },
];

/** Name of a reason number, also for numbers nobody defined. */
export function dropReasonName(reason: number): string {
  return DROP_REASON_LIST[reason]?.name ?? `reason_${reason}`;
}
