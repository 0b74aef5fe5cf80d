/** The 528 rules that real OVN installed for the lab's topology, with the load balancer's group choosing by dp_hash or by fields. */
import { readFileSync } from "node:fs";
import type { Pipeline } from "../contestants/pipeline.ts";

const RECORDED = new URL("../../test/data/reference/1-single-chassis/state/", import.meta.url);

export interface Selection {
  readonly name: string;
  /** As in ovs-ofctl's text. */
  readonly method: string;
}

export const DP_HASH: Selection = { name: "dp_hash", method: "dp_hash" };
export const FIELDS: Selection = { name: "ip_src,tp_src", method: "hash,fields(ip_src,tcp_src)" };

export function recordedPipeline({ method }: Selection): Pipeline {
  const groups = lines("ofctl-dump-groups.txt", "group_id=");
  return {
    flows: lines("ofctl-dump-flows-no-stats.txt", "actions="),
    groups: groups.map((line) => line.replace("selection_method=dp_hash", `selection_method=${method}`)),
    tunnelOption: "{class=0x102,type=0x80,len=4}->tun_metadata0",
  };
}

function lines(file: string, mark: string): string[] {
  return readFileSync(new URL(file, RECORDED), "utf8")
    .split("\n")
    .filter((line) => line.includes(mark));
}
