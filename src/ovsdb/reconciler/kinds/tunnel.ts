/** Tunnels to other hosts over UDP. Several ports may share one UDP port of the host: the switch sees to that. */
import type { InterfaceKind } from "./kind.ts";
import { virtualStatus } from "./virtual-status.ts";

export const tunnel: InterfaceKind = {
  types: ["geneve", "vxlan"],
  create: ({ switch: owner, bridge, name, type, options, ofport, settings }) =>
    owner.ports.add({ kind: type as "geneve" | "vxlan", name, options }, { bridge: bridge.name, ofport, settings }),
  change: (port, { switch: owner, bridge, options }) => owner.ports.setTunnel(bridge, port, options),
  status: virtualStatus,
  hasDeviceCounters: false,
};
