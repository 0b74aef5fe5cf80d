/** An interface that exists already: a veth end, a network card, somebody else's TAP device. */
import { deviceStatus } from "./device-status.ts";
import type { InterfaceKind } from "./kind.ts";
import { openError } from "./open-error.ts";

export const system: InterfaceKind = {
  types: ["system"],
  async create({ switch: owner, bridge, name, ofport, settings }) {
    try {
      return await owner.ports.add({ kind: "system", name }, { bridge: bridge.name, ofport, settings });
    } catch (error) {
      throw openError(name, error);
    }
  },
  change: () => true,
  status: deviceStatus,
  hasDeviceCounters: true,
};
