/** What the database asks for and Megaflow cannot do, in sentences for the log. */
import type { BridgeConfiguration } from "./configuration.ts";

export function complaintsOf({ name, row, interfaces }: BridgeConfiguration): string[] {
  const unsupported: [boolean, string][] = [
    [row.mirrors?.size > 0, "mirrors"],
    [row.netflow !== undefined, "NetFlow"],
    [row.sflow !== undefined, "sFlow"],
    [row.ipfix !== undefined, "IPFIX"],
    [row.stp_enable, "the spanning tree protocol"],
    [row.rstp_enable, "the rapid spanning tree protocol"],
    [row.mcast_snooping_enable, "multicast snooping"],
    [row.flood_vlans?.size > 0, "flood_vlans"],
    [interfaces.some(({ port }) => port?.qos !== undefined), "QoS"],
    [interfaces.some(({ port }) => port?.vlan_mode === "dot1q-tunnel"), "vlan_mode dot1q-tunnel"],
  ];
  return unsupported.filter(([asked]) => asked).map(([, what]) => `bridge ${name}: ${what} is not supported`);
}
