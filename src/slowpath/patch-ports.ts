/** Patch ports: two that name each other, on whatever bridges, are the ends of one cable. */
import type { SwitchBridge } from "./switch-bridge.ts";

/** Joins those that want each other, and parts those that no longer do. */
export function joinPatches(bridges: Iterable<SwitchBridge>): void {
  const patches = [...bridges].flatMap((bridge) =>
    bridge
      .ports()
      .filter(({ kind }) => kind === "patch")
      .map((port) => ({ bridge, port })),
  );
  for (const { port } of patches) {
    const peer = patches.find(
      (other) => other.port !== port && other.port.name === port.peerName && other.port.peerName === port.name,
    );
    port.peer = peer && { bridge: peer.bridge, port: peer.port.number };
  }
}
