/**
 * The heart of OVN's load balancer on a switch in memory: conntrack, a group for new connections that DNATs to a backend, the
 * way back by conntrack alone. Port 1 has the clients, ports 2 … the backends 10.9.0.1 …
 */
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../src/slowpath/tables/group-text.ts";
import type { Way } from "../hash/balancer.ts";

export const CLIENT_PORT = 1;
export const BACKENDS = 4;
export const VIP = "1.1.1.50";
export const ZONE = 1;

/** The two ways of dp_hash, and hashing by fields as OVS does it: a megaflow for each value that the fields take. */
export const WAYS: readonly Way[] = [
  { name: "dp_hash, one pass", select: "one-pass", method: "dp_hash" },
  { name: "dp_hash, recirculation", select: "recirculate", method: "dp_hash" },
  { name: "fields ip_src,tp_src, one pass", select: "one-pass", method: "hash,fields(ip_src,tcp_src)" },
  { name: "fields ip_src,tp_src, a megaflow each", select: "recirculate", method: "hash,fields(ip_src,tcp_src)" },
  { name: "fields ip_src, a megaflow each", select: "recirculate", method: "hash,fields(ip_src)" },
];

export interface BalancerSwitch {
  readonly datapath: LocalDatapath;
  readonly switch: Switch;
}

export async function balancerSwitch({ select, method }: Way): Promise<BalancerSwitch> {
  const datapath = new LocalDatapath({ seed: 1, discard: true });
  const made = new Switch({ datapath, select, now: () => datapath.now, timers: false });
  const backends = Array.from({ length: BACKENDS }, (_, i) => i + 1);
  for (const number of [0, ...backends]) {
    await made.ports.add({ kind: "test", name: `p${number}` }, { ofport: CLIENT_PORT + number });
  }
  const buckets = backends.map(
    (k) => `bucket=bucket_id:${k},weight:100,actions=ct(commit,zone=${ZONE},table=2,nat(dst=10.9.0.${k}:8000))`,
  );
  const rules = [
    `table=0,priority=1,tcp actions=ct(zone=${ZONE},nat,table=1)`,
    `table=1,priority=2,ct_state=+trk+new,tcp,nw_dst=${VIP} actions=group:1`,
    "table=1,priority=1,ct_state=+trk+est,tcp actions=resubmit(,2)",
    ...backends.map(
      (k) => `table=2,priority=1,in_port=${CLIENT_PORT},ip,nw_dst=10.9.0.${k} actions=output:${CLIENT_PORT + k}`,
    ),
    `table=2,priority=0,ip actions=output:${CLIENT_PORT}`,
  ];
  await made.apply([
    parseGroup(`group_id=1,type=select,selection_method=${method},${buckets.join(",")}`, "add"),
    ...rules.map((rule) => parseFlowLine(rule)),
  ]);
  return { datapath, switch: made };
}
