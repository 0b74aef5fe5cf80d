import { expect, it } from "vitest";
import { capabilityLines } from "../../../src/ovsdb/reconciler/capability-log.ts";

it("what the datapath can do is told in the lines of a real ovs-vswitchd", () => {
  expect(capabilityLines("netdev@ovs-netdev")).toEqual([
    "netdev@ovs-netdev: Datapath supports recirculation",
    "netdev@ovs-netdev: VLAN header stack length probed as 2",
    "netdev@ovs-netdev: MPLS label stack length probed as 3",
    "netdev@ovs-netdev: Datapath supports truncate action",
    "netdev@ovs-netdev: Datapath supports unique flow ids",
    "netdev@ovs-netdev: Datapath supports clone action",
    "netdev@ovs-netdev: Datapath supports eventmask in conntrack action",
    "netdev@ovs-netdev: Datapath supports ct_clear action",
    "netdev@ovs-netdev: Max dp_hash algorithm probed to be 1",
    "netdev@ovs-netdev: Datapath supports check_pkt_len action",
    "netdev@ovs-netdev: Datapath supports timeout policy in conntrack action",
    "netdev@ovs-netdev: Datapath supports ct_zero_snat",
    "netdev@ovs-netdev: Datapath supports add_mpls action",
    "netdev@ovs-netdev: Datapath supports ct_state",
    "netdev@ovs-netdev: Datapath supports ct_zone",
    "netdev@ovs-netdev: Datapath supports ct_mark",
    "netdev@ovs-netdev: Datapath supports ct_label",
    "netdev@ovs-netdev: Datapath supports ct_state_nat",
    "netdev@ovs-netdev: Datapath supports ct_orig_tuple",
    "netdev@ovs-netdev: Datapath supports ct_orig_tuple6",
    "netdev@ovs-netdev: Datapath supports IPv6 ND Extensions",
  ]);
});
