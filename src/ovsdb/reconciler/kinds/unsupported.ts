/** Interfaces that Open vSwitch knows and Megaflow does not: each says so in its error column. */
import type { InterfaceKind } from "./kind.ts";

export const unsupported: InterfaceKind = {
  types: [
    "gre",
    "ip6gre",
    "erspan",
    "ip6erspan",
    "gtpu",
    "lisp",
    "stt",
    "bareudp",
    "dpdk",
    "dpdkvhostuser",
    "dpdkvhostuserclient",
  ],
  async create({ name, type }) {
    throw new Error(`${name}: interfaces of type ${type} are not supported`);
  },
  change: () => true,
  status: () => ({}),
  hasDeviceCounters: false,
};
