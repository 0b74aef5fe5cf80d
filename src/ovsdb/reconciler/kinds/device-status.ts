/** What is told about an interface that is a device of the kernel. */
import type { SwitchPort } from "../../../slowpath/switch.ts";
import type { Devices } from "../devices.ts";
import type { InterfaceColumns } from "./kind.ts";

export function deviceStatus(port: SwitchPort, devices: Devices): InterfaceColumns {
  const device = devices.find(port.name);
  if (device === undefined) return {};
  const { link, driver, mode } = device;
  return {
    admin_state: link.up ? "up" : "down",
    link_state: link.carrier ? "up" : "down",
    mac_in_use: link.mac,
    mtu: link.mtu,
    ifindex: link.index,
    link_speed: mode?.speed,
    duplex: mode?.duplex,
    status:
      driver === undefined
        ? new Map()
        : new Map([
            ["driver_name", driver.name],
            ["driver_version", driver.version],
            ["firmware_version", driver.firmware],
          ]),
  };
}
