/**
 * The ways of a batch's packets through the fast path, noted as they go: what an offloaded flow will hold on to.
 *
 * Cost: 4 ns a packet and 1 ns a pass, where offload is on; a test of a word where it is off.
 */
import { portRecord } from "../io/port-record.ts";
import { OFFLOAD_BASE, PACKETS_BASE } from "../memory.ts";
import { CONN_STATE } from "../layout/conntrack.ts";
import { PACKET_DATA, PACKET_SIZE } from "../layout/packet.ts";
import { PORT_IFINDEX } from "../layout/port.ts";
import { OFFLOAD_NOTING, OFFLOAD_ON, OFFLOAD_PATH_TABLE, PATH_CHANGES, PATH_CONNECTION, PATH_CONNECTIONS, PATH_FLOW, PATH_FLOWS, PATH_HEADERS, PATH_MOST_CONNECTIONS, PATH_MOST_FLOWS, PATH_SIZE, PATH_UNFIT } from "../layout/offload.ts";

/** Whether known flows are given to the kernel. */
@inline
export function isOffloading(): bool {
  return load<u32>(OFFLOAD_BASE, OFFLOAD_ON) != 0;
}

/** Whether flows of the port's packets may be given to the kernel. */
@inline
export function offersFlows(port: u32): bool {
  return isOffloading() && load<u32>(portRecord(port), PORT_IFINDEX) != 0;
}

/** Whether paths of the batch at hand are noted. */
@inline
export function areNoted(): bool {
  return load<u32>(OFFLOAD_BASE, OFFLOAD_NOTING) != 0;
}

@inline
export function pathOf(packet: usize): usize {
  return OFFLOAD_BASE + OFFLOAD_PATH_TABLE + ((packet - PACKETS_BASE) / PACKET_SIZE) * PATH_SIZE;
}

/** Begins the paths of `packets` records from `first` on, whose frames lie in places of 64 bytes at least. */
export function beginPaths(first: usize, packets: u32): void {
  store<u32>(OFFLOAD_BASE, 1, OFFLOAD_NOTING);
  let path = pathOf(first);
  for (let i: u32 = 0; i < packets; i++) {
    const data: usize = load<u32>(first + <usize>i * PACKET_SIZE, PACKET_DATA);
    v128.store(path, v128.load(data), PATH_HEADERS);
    v128.store(path, v128.load(data, 16), PATH_HEADERS + 16);
    v128.store(path, v128.load(data, 32), PATH_HEADERS + 32);
    v128.store(path, v128.load(data, 48), PATH_HEADERS + 48);
    store<u64>(path, 0, PATH_FLOWS); // and connections
    store<u32>(path, 0, PATH_CHANGES);
    path += PATH_SIZE;
  }
}

@inline
export function endPaths(): void {
  store<u32>(OFFLOAD_BASE, 0, OFFLOAD_NOTING);
}

/** The packet runs the program of a megaflow. */
@inline
export function noteFlow(packet: usize, flow: usize): void {
  const path = pathOf(packet);
  const flows = load<u32>(path, PATH_FLOWS);
  if (flows >= <u32>PATH_MOST_FLOWS) return spoilPath(packet);
  store<u32>(path + (<usize>flows << 2), <u32>flow, PATH_FLOW);
  store<u32>(path, flows + 1, PATH_FLOWS);
}

/** The packet is part of an established connection. What that was when the path first met it is what the tables went by. */
export function noteConnection(packet: usize, connection: usize, direction: usize): void {
  const path = pathOf(packet);
  const link = <u32>(connection | direction);
  const connections = load<u32>(path, PATH_CONNECTIONS);
  for (let i: u32 = 0; i < connections; i++) {
    if (load<u32>(path + (<usize>i << 2), PATH_CONNECTION) == link) return;
  }
  if (connections >= <u32>PATH_MOST_CONNECTIONS) return spoilPath(packet);
  store<u32>(path + (<usize>connections << 2), link, PATH_CONNECTION);
  store<u32>(path, connections + 1, PATH_CONNECTIONS);
  store<u32>(path, load<u32>(path, PATH_CHANGES) + load<u32>(connection, CONN_STATE), PATH_CHANGES);
}

/** What happened to the packet depends on more than its headers. */
@inline
export function spoilPath(packet: usize): void {
  store<u32>(pathOf(packet), PATH_UNFIT, PATH_FLOWS);
}
