/** Timeouts of conntrack zones, from the datapaths' ct_zones. */
import type { TimeoutName, TimeoutPolicy } from "../../fastpath/datapath.ts";
import type { Switch } from "../../slowpath/switch.ts";
import type { Replica } from "../replica.ts";
import { type CtTimeoutPolicyRow, type CtZoneRow, type OpenVSwitchRow, rowsBehind } from "./tables.ts";

/** The userspace tracker has fewer states than Linux: these are the names it listens to. */
const names: Readonly<Record<string, TimeoutName>> = {
  tcp_syn_sent: "tcpFirstPacket",
  tcp_syn_recv: "tcpOpening",
  tcp_established: "tcpEstablished",
  tcp_fin_wait: "tcpClosing",
  tcp_time_wait: "tcpFinWait",
  tcp_close: "tcpClosed",
  udp_first: "otherFirst",
  udp_single: "otherMultiple",
  udp_multiple: "otherBidirectional",
  icmp_first: "icmpFirst",
  icmp_reply: "icmpReply",
};

export class ZoneTimeoutsReconciler {
  readonly #switch: Switch;
  /** What each zone was given, as text. */
  readonly #given = new Map<number, string>();

  constructor(owner: Switch) {
    this.#switch = owner;
  }

  apply(replica: Replica, root: OpenVSwitchRow): void {
    const wanted = new Map<number, TimeoutPolicy>();
    for (const { ct_zones } of rowsBehind(replica, "Datapath", new Set(root.datapaths.values()))) {
      for (const [zone, uuid] of ct_zones ?? []) {
        const policy = policyOf(replica, uuid);
        if (policy !== undefined) wanted.set(zone, policy);
      }
    }
    for (const zone of [...this.#given.keys()]) {
      if (wanted.has(zone)) continue;
      this.#switch.setZoneTimeouts(zone, undefined);
      this.#given.delete(zone);
    }
    for (const [zone, policy] of wanted) {
      const text = JSON.stringify(policy);
      if (this.#given.get(zone) === text) continue;
      this.#switch.setZoneTimeouts(zone, policy);
      this.#given.set(zone, text);
    }
  }
}

function policyOf(replica: Replica, zone: string): TimeoutPolicy | undefined {
  const { timeout_policy: uuid } = (replica.row("CT_Zone", zone) ?? {}) as Partial<CtZoneRow>;
  const row =
    uuid === undefined ? undefined : (replica.row("CT_Timeout_Policy", uuid) as CtTimeoutPolicyRow | undefined);
  if (row === undefined) return undefined;
  const known = [...row.timeouts].filter(([name]) => names[name] !== undefined).sort();
  return Object.fromEntries(known.map(([name, seconds]) => [names[name], seconds]));
}
