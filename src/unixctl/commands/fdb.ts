/** fdb/*: the addresses that bridges have learned. */
import { parseMac } from "../../slowpath/flow/address-text.ts";
import type { SwitchBridge } from "../../slowpath/switch.ts";
import { formatMacTable } from "../../slowpath/tables/mac-learning.ts";
import { bridgeNamed, type UnixctlCommand, UnixctlError } from "../command.ts";
import type { Vswitchd } from "../vswitchd.ts";

const show: UnixctlCommand = {
  name: "fdb/show",
  usage: "bridge",
  minimum: 1,
  maximum: 1,
  run: (daemon, [name]) => formatMacTable(bridgeNamed(daemon, name).macLearning, daemon.switch.now()),
};

const add: UnixctlCommand = {
  name: "fdb/add",
  usage: "bridge port vlan mac",
  minimum: 4,
  maximum: 4,
  run(daemon, [name, portName, vlan, mac]) {
    const bridge = bridgeNamed(daemon, name);
    const address = readMac(mac);
    const port = bridge.portByName(portName);
    if (port === undefined) throw new UnixctlError("software error, odp port is present but no ofp port");
    const old = bridge.macLearning.addStatic(readVlan(vlan), address, port.number);
    if (old === undefined || (old.static && old.port === port.number)) return "";
    return `Overriding already existing ${old.static ? "static" : "dynamic"} entry on ${old.port}\n`;
  },
};

const del: UnixctlCommand = {
  name: "fdb/del",
  usage: "bridge vlan mac",
  minimum: 3,
  maximum: 3,
  run(daemon, [name, vlan, mac]) {
    const { macLearning } = bridgeNamed(daemon, name);
    const address = readMac(mac);
    if (!macLearning.remove(readVlan(vlan), address)) throw new UnixctlError("could not find static mac entry");
    return "";
  },
};

const flush: UnixctlCommand = {
  name: "fdb/flush",
  usage: "[bridge]",
  minimum: 0,
  maximum: 1,
  run(daemon, [name]) {
    for (const { macLearning } of oneOrAll(daemon, name)) macLearning.flush();
    return "table successfully flushed";
  },
};

const statsShow: UnixctlCommand = {
  name: "fdb/stats-show",
  usage: "bridge",
  minimum: 1,
  maximum: 1,
  run(daemon, [name]) {
    const { macLearning } = bridgeNamed(daemon, name);
    const { learned, expired, evicted, moved } = macLearning.statistics;
    const fixed = macLearning.entries().filter((entry) => entry.static).length;
    return [
      `Statistics for bridge "${name}":`,
      `  Current/maximum MAC entries in the table: ${macLearning.size}/${macLearning.limit}`,
      `  Current static MAC entries in the table : ${fixed}`,
      `  Total number of learned MAC entries     : ${learned}`,
      `  Total number of expired MAC entries     : ${expired}`,
      `  Total number of evicted MAC entries     : ${evicted}`,
      `  Total number of port moved MAC entries  : ${moved}`,
    ].join("\n");
  },
};

const statsClear: UnixctlCommand = {
  name: "fdb/stats-clear",
  usage: "[bridge]",
  minimum: 0,
  maximum: 1,
  run(daemon, [name]) {
    for (const { macLearning } of oneOrAll(daemon, name)) {
      Object.assign(macLearning.statistics, { learned: 0, expired: 0, evicted: 0, moved: 0, notMoved: 0 });
    }
    return "statistics successfully cleared";
  },
};

export const fdbCommands: readonly UnixctlCommand[] = [show, add, del, flush, statsShow, statsClear];

function oneOrAll(daemon: Vswitchd, name: string | undefined): SwitchBridge[] {
  return name === undefined ? daemon.bridges() : [bridgeNamed(daemon, name)];
}

function readMac(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === undefined) throw new UnixctlError("bad MAC address");
  return mac;
}

/** As C's atoi: no number is 0. */
function readVlan(text: string): number {
  return Number.parseInt(text, 10) || 0;
}
