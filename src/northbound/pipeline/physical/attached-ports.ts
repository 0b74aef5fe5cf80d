import type { Datapath, Port } from "../topology.ts";

/** Ports with something at the other end: a bound interface, or a peer. */
export function attachedPorts({ ports }: Datapath): readonly Port[] {
  const all: readonly Port[] = ports;
  return all.filter((port) => port.peer !== undefined || (port.kind === "switch port" && port.ofport !== undefined));
}
