/** What `coverage/show` counts: OVS's names where the thing is the same, ours where it is not. */
import type { Switch, SwitchBridge } from "../../slowpath/switch.ts";

export function coverageCounts(owner: Switch): Record<string, bigint> {
  const counters = owner.datapath.counters();
  const { statistics: upcalls } = owner.upcalls;
  const { statistics: revalidated } = owner.revalidator;
  const counts: Record<string, bigint> = {
    netdev_received: counters.packets,
    datapath_recirculated: counters.recirculated,
    datapath_executed: counters.executed,
    datapath_segmented: counters.segmented,
    datapath_reassembled: counters.reassembled,
    conntrack_created: counters.connectionsCreated,
    conntrack_expired: counters.connectionsExpired,
    dpif_flow_put: BigInt(upcalls.installed),
    dpif_flow_del: BigInt(revalidated.removed + revalidated.expired),
    upcall_shared: BigInt(upcalls.shared),
    upcall_flow_limit_hit: BigInt(upcalls.refused),
    xlate_actions: BigInt(upcalls.misses + upcalls.slowPath + revalidated.translated),
  };
  for (const { macLearning } of owner.bridges()) {
    for (const [event, name] of Object.entries(macEvents)) {
      counts[name] = (counts[name] ?? 0n) + BigInt(macLearning.statistics[event as MacEvent]);
    }
  }
  for (const [reason, count] of counters.drops) counts[dropNames[reason] ?? `drop_${reason}`] = count;
  return counts;
}

type MacEvent = keyof SwitchBridge["macLearning"]["statistics"];

const macEvents: Readonly<Record<MacEvent, string>> = {
  learned: "mac_learning_learned",
  expired: "mac_learning_expired",
  evicted: "mac_learning_evicted",
  moved: "mac_learning_moved",
  /** A packet from a static entry's station came by another port. */
  notMoved: "mac_learning_static_none_move",
};

const dropNames: Readonly<Record<string, string>> = {
  action: "drop_action_of_pipeline",
  meter: "datapath_drop_meter",
  upcall_lost: "datapath_drop_upcall_error",
  recirculation_depth: "datapath_drop_recirc_error",
  torn: "datapath_drop_rx_invalid_packet",
  no_port: "datapath_drop_invalid_port",
};
