/** What is told about an interface without a device: always up, with an address of its own invention. */
import { createHash } from "node:crypto";
import type { SwitchPort } from "../../../slowpath/switch.ts";
import type { InterfaceColumns } from "./kind.ts";

export function virtualStatus(port: SwitchPort): InterfaceColumns {
  return {
    admin_state: "up",
    link_state: "up",
    mac_in_use: inventedMac(port.name),
    mtu: undefined,
    ifindex: 0,
    status: new Map(),
  };
}

/** The same for the same name, so that a restart changes nothing: a local unicast address. */
export function inventedMac(name: string): string {
  const bytes = createHash("sha256").update(name).digest().subarray(0, 6);
  bytes[0] = (bytes[0] & 0xfc) | 0x02;
  return bytes.toString("hex").match(/../g)!.join(":");
}
