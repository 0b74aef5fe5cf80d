/** The cases of cases.ts, as OVS with DPDK is told of them: OpenFlow rules, groups, megaflows. */
import { FIRST_FLOW, SOURCE_BASE } from "./packet-source.ts";

export interface DpdkCase {
  readonly flows: number;
  readonly rules: readonly string[];
  readonly groups?: readonly string[];
  /** Megaflows that are there before the first packet; IN stands for the datapath's number of the port they come in by. */
  readonly megaflows?: readonly string[];
  /** Neighbours that have a megaflow in common; 1 unless there were too many for OVS. */
  readonly shared?: number;
  /** Whether there is an exact-match cache. */
  readonly cached: boolean;
  /** Who answers the clients, once, before the measurement: connections are established then. */
  readonly server?: number;
}

/** OVS 3.1's userspace datapath holds no more than 65,536. */
const MOST_MEGAFLOWS = 60_000;
/** Through many masks it takes OVS minutes to add so many. */
const MOST_THROUGH_MASKS = 16_000;
const MANY_MASKS = 100;

const ANY_MAC = "00:00:00:00:00:00/00:00:00:00:00:00";

const text = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

/** A megaflow for each flow; where there are too many for OVS, neighbours share one. */
export function dpdkOutput(flows: number, masks = 1, cached = true): DpdkCase {
  const { destination, sourcePort, destinationPort, flags } = FIRST_FLOW;
  const most = masks > MANY_MASKS ? MOST_THROUGH_MASKS : MOST_MEGAFLOWS;
  const shared = 2 ** Math.max(0, Math.ceil(Math.log2(flows / most)));
  const mask = text(0x1_0000_0000 - shared);
  const megaflow = (source: number, variant: number): string =>
    `recirc_id(0),in_port(IN),packet_type(ns=0,id=0),eth(src=${ANY_MAC},dst=${ANY_MAC}),eth_type(0x0800),` +
    `ipv4(src=${text(source)}/${mask},dst=${text(destination)},proto=6,frag=no),` +
    `tcp(src=${sourcePort},dst=${destinationPort}),tcp_flags(${flags & variant}/${variant})`;
  return {
    flows,
    shared,
    cached,
    rules: ["tcp,actions=output:2"],
    megaflows: Array.from({ length: Math.ceil(flows / shared) }, (_, i) =>
      megaflow(SOURCE_BASE + i * shared, i % masks),
    ),
  };
}

export function dpdkEstablished(flows: number): DpdkCase {
  return {
    flows,
    cached: true,
    server: FIRST_FLOW.destination,
    rules: [
      "table=0,tcp,actions=ct(zone=1,table=1)",
      "table=1,in_port=1,ct_state=+trk+new,tcp,actions=ct(commit,zone=1),output:2",
      "table=1,ct_state=+trk+est,tcp,actions=output:2",
    ],
  };
}

export function dpdkTranslated(flows: number): DpdkCase {
  return {
    flows,
    cached: true,
    server: 0x0a02_0001,
    rules: [
      "table=0,in_port=1,tcp,actions=ct(zone=1,nat,table=1)",
      "table=1,ct_state=+trk+new,tcp,actions=ct(commit,zone=1,nat(dst=10.2.0.1)),ct(zone=2,table=2)",
      "table=1,ct_state=+trk+est,tcp,actions=ct(zone=2,table=2)",
      "table=2,ct_state=+trk+new,tcp,actions=ct(commit,zone=2),output:2",
      "table=2,ct_state=+trk+est,tcp,actions=output:2",
      "table=0,in_port=3,tcp,actions=ct(zone=2,table=3)",
      "table=3,tcp,actions=ct(zone=1,nat,table=4)",
      "table=4,tcp,actions=output:2",
    ],
  };
}

export function dpdkSelect(flows: number, method: string): DpdkCase {
  const buckets = [1, 2, 3, 4].map((id) => `bucket=bucket_id:${id},weight:100,actions=output:2`);
  return {
    flows,
    cached: true,
    rules: ["tcp,actions=group:1"],
    groups: [`group_id=1,type=select,selection_method=${method},${buckets.join(",")}`],
  };
}
