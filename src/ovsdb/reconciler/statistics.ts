/** Interface.statistics: what the switch has counted of a port. What it cannot tell apart is 0. Missed frames are among the dropped. */
import type { PortStatistics } from "../../fastpath/datapath.ts";

export function statisticsColumn(counted: PortStatistics | undefined, isDevice: boolean): ReadonlyMap<string, number> {
  const of = (name: keyof PortStatistics): number => Number(counted?.[name] ?? 0n);
  const traffic: [string, number][] = [
    ["rx_bytes", of("rxBytes")],
    ["rx_packets", of("rxPackets")],
    ["tx_bytes", of("txBytes")],
    ["tx_packets", of("txPackets")],
  ];
  if (!isDevice) return new Map(traffic);
  return new Map([
    ...traffic,
    ["collisions", 0],
    ["rx_crc_err", 0],
    ["rx_dropped", of("rxDropped")],
    ["rx_errors", of("rxErrors")],
    ["rx_frame_err", 0],
    ["rx_missed_errors", of("rxMissed")],
    ["rx_multicast_packets", 0],
    ["rx_over_err", 0],
    ["tx_dropped", of("txDropped")],
    ["tx_errors", of("txErrors")],
  ]);
}
