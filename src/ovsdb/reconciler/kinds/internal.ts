/** A TAP device in the switch's namespace, named as the interface: a bridge's own, and others for the host to use. */
import { deviceStatus } from "./device-status.ts";
import type { InterfaceKind } from "./kind.ts";
import { openError } from "./open-error.ts";

export const internal: InterfaceKind = {
  types: ["internal", "tap"],
  async create({ switch: owner, bridge, name, ofport, mac, mtu, settings }) {
    try {
      return await owner.ports.add({ kind: "tap", name, mac, mtu }, { bridge: bridge.name, ofport, settings });
    } catch (error) {
      throw openError(name, error);
    }
  },
  change: () => true,
  status: deviceStatus,
  hasDeviceCounters: true,
};
