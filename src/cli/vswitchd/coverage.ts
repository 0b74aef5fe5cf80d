/** What `coverage/show` counts: OVS's names where the thing is the same, ours where it is not. */
import type { Switch } from "../../slowpath/switch.ts";

export function coverageCounts(owner: Switch): Map<string, number> {
  const counters = owner.datapath.counters();
  const { statistics: upcalls } = owner.upcalls;
  const { statistics: revalidated } = owner.revalidator;
  const counts = new Map<string, number>([
    ["netdev_received", Number(counters.packets)],
    ["datapath_recirculated", Number(counters.recirculated)],
    ["datapath_executed", Number(counters.executed)],
    ["datapath_segmented", Number(counters.segmented)],
    ["datapath_reassembled", Number(counters.reassembled)],
    ["conntrack_created", Number(counters.connectionsCreated)],
    ["conntrack_expired", Number(counters.connectionsExpired)],
    ["dpif_flow_put", upcalls.installed],
    ["dpif_flow_del", revalidated.removed + revalidated.expired],
    ["upcall_shared", upcalls.shared],
    ["upcall_flow_limit_hit", upcalls.refused],
    ["xlate_actions", upcalls.misses + upcalls.slowPath + revalidated.translated],
  ]);
  for (const [reason, count] of counters.drops) counts.set(dropNames[reason] ?? `drop_${reason}`, Number(count));
  return counts;
}

const dropNames: Readonly<Record<string, string>> = {
  action: "drop_action_of_pipeline",
  meter: "datapath_drop_meter",
  upcall_lost: "datapath_drop_upcall_error",
  recirculation_depth: "datapath_drop_recirc_error",
  torn: "datapath_drop_rx_invalid_packet",
  no_port: "datapath_drop_invalid_port",
};
