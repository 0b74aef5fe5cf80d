/** Ports in memory, for test suites: frames come and go by ovs-appctl. */
import type { InterfaceKind } from "./kind.ts";

/** Addresses are given in the order in which ports are made: aa:55:aa:55:00:00, aa:55:aa:55:00:01 … */
const FIRST_MAC = 0xaa55_0000;
let made = 0;

function nextMac(): string {
  const number = (FIRST_MAC + made++).toString(16).padStart(8, "0");
  return `aa55${number}`.match(/../g)!.join(":");
}

export const dummy: InterfaceKind = {
  types: ["dummy", "dummy-internal", "dummy-pmd", "internal", "tap"],
  create({ switch: owner, bridge, name, ofport, mac, settings }) {
    const port = { kind: "test", name, mac: mac ?? nextMac() } as const;
    return owner.ports.add(port, { bridge: bridge.name, ofport, settings });
  },
  change: () => true,
  status: ({ status, up }) => ({
    admin_state: "up",
    link_state: up ? "up" : "down",
    mac_in_use: status?.mac,
    mtu: status?.mtu,
    ifindex: 0,
    status: new Map(),
  }),
  hasDeviceCounters: false,
};

/** Without real devices there is none of any name. */
export const absentSystem: InterfaceKind = {
  ...dummy,
  types: ["system"],
  async create({ name }) {
    throw new Error(`could not open network device ${name} (No such device)`);
  },
};
