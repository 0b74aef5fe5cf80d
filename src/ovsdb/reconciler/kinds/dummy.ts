/** Ports in memory, for test suites: frames come and go by ovs-appctl. */
import type { InterfaceKind } from "./kind.ts";

/** Addresses are given in the order in which ports are made: aa:55:aa:55:00:00, aa:55:aa:55:00:01 … */
const FIRST_MAC = 0xaa55_0000;
let made = 0;

function nextMac(): string {
  const number = (FIRST_MAC + made++).toString(16).padStart(8, "0");
  return `aa55${number}`.match(/../g)!.join(":");
}

/** What the ports are to the test suite: capture files, wires between them. */
export interface DummyDevices {
  /** Options as they stand in the database. */
  configure(name: string, options: ReadonlyMap<string, string>): void;
}

export function dummy(devices: DummyDevices, types: readonly string[]): InterfaceKind {
  return {
    types,
    async create({ switch: owner, bridge, name, ofport, mac, options, settings }) {
      const spec = { kind: "test", name, mac: mac ?? nextMac() } as const;
      const port = await owner.ports.add(spec, { bridge: bridge.name, ofport, settings });
      devices.configure(name, options);
      return port;
    },
    change(_port, { name, options }) {
      devices.configure(name, options);
      return true;
    },
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
}

/** Without real devices there is none of any name. */
export const absentSystem: InterfaceKind = {
  types: ["system"],
  change: () => true,
  status: () => ({}),
  hasDeviceCounters: false,
  async create({ name }) {
    throw new Error(`could not open network device ${name} (No such device)`);
  },
};
