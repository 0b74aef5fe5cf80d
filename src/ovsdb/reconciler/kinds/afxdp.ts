/**
 * An interface that exists already, its frames by AF_XDP. `afxdp-nonpmd` is the same here: there are no PMD threads to choose.
 *
 * Not handled: options of Open vSwitch's (xdp-mode, use-need-wakeup): native where the driver can, and no zero copy.
 */
import { deviceStatus } from "./device-status.ts";
import type { InterfaceKind } from "./kind.ts";
import { openError } from "./open-error.ts";

export const afxdp: InterfaceKind = {
  types: ["afxdp", "afxdp-nonpmd"],
  async create({ switch: owner, bridge, name, ofport, settings }) {
    try {
      return await owner.ports.add({ kind: "system", name, io: "af_xdp" }, { bridge: bridge.name, ofport, settings });
    } catch (error) {
      throw openError(name, error);
    }
  },
  change: () => true,
  status(port, devices) {
    const columns = deviceStatus(port, devices);
    const { xdpMode, refused } = port.status ?? {};
    const status = new Map(columns.status as Map<string, string> | undefined);
    if (xdpMode !== undefined) status.set("xdp-mode", xdpMode);
    if (refused !== undefined) status.set("xdp-refused", refused);
    return { ...columns, status };
  },
  hasDeviceCounters: true,
};
