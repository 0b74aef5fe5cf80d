import type { UnixctlCommand } from "../command.ts";

export const memoryShow: UnixctlCommand = {
  name: "memory/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const { megaflows } = daemon.switch;
    const bridges = daemon.bridges();
    const ports = bridges.reduce((sum, bridge) => sum + bridge.ports().length, 0);
    const rules = bridges.reduce((sum, { tables }) => sum + [...tables.rules()].length, 0);
    const usage: [string, number][] = [
      ["handlers", 1],
      ...Object.entries(daemon.memory?.() ?? {}),
      ["ports", ports],
      ["revalidators", 1],
      ["rules", rules],
      ["udpif keys", megaflows.size],
    ];
    const sorted = usage.filter(([, value]) => value > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    return `${sorted.map(([name, value]) => `${name}:${value}`).join(" ")}\n`;
  },
};
