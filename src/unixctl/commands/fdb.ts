/** `fdb/…`: the stations that a bridge has learned, and those it was told of. */
import { parseMac } from "../../slowpath/flow/address-text.ts";
import { formatPort } from "../../slowpath/flow/port-text.ts";
import { formatMacTable } from "../../slowpath/tables/mac-learning.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";
import { requireBridge } from "../datapath.ts";

const show: UnixctlCommand = {
  name: "fdb/show",
  usage: "bridge",
  minimum: 1,
  maximum: 1,
  run(daemon, [name]) {
    const { macLearning } = requireBridge(daemon, name);
    return formatMacTable(macLearning, daemon.switch.now());
  },
};

const flush: UnixctlCommand = {
  name: "fdb/flush",
  usage: "[bridge]",
  minimum: 0,
  maximum: 1,
  run(daemon, [name]) {
    const bridges = name === undefined ? daemon.bridges() : [requireBridge(daemon, name)];
    for (const { macLearning } of bridges) macLearning.flush();
    return "table successfully flushed";
  },
};

const add: UnixctlCommand = {
  name: "fdb/add",
  usage: "bridge port vlan mac",
  minimum: 4,
  maximum: 4,
  run(daemon, [name, portName, vlanText, macText]) {
    const bridge = requireBridge(daemon, name);
    const { macLearning } = bridge;
    const mac = parseMac(macText);
    if (mac === undefined) throw new UnixctlError("bad MAC address");
    const port = bridge.portByName(portName);
    if (port === undefined) throw new UnixctlError("software error, odp port is present but no ofp port");
    const vlan = Number.parseInt(vlanText, 10) || 0;
    const old = macLearning.entries().find((entry) => entry.vlan === vlan && Buffer.compare(entry.mac, mac) === 0);
    macLearning.addStatic(vlan, mac, port.number);
    if (old === undefined || (old.static && old.port === port.number)) return "";
    return `Overriding already existing ${old.static ? "static" : "dynamic"} entry on ${formatPort(old.port)}\n`;
  },
};

const remove: UnixctlCommand = {
  name: "fdb/del",
  usage: "bridge vlan mac",
  minimum: 3,
  maximum: 3,
  run(daemon, [name, vlanText, macText]) {
    const { macLearning } = requireBridge(daemon, name);
    const mac = parseMac(macText);
    if (mac === undefined) throw new UnixctlError("bad MAC address");
    const vlan = Number.parseInt(vlanText, 10) || 0;
    const entry = macLearning.entries().find((one) => one.vlan === vlan && Buffer.compare(one.mac, mac) === 0);
    if (!entry?.static) throw new UnixctlError("could not find static mac entry");
    macLearning.remove(vlan, mac);
    return "";
  },
};

export const fdbCommands: readonly UnixctlCommand[] = [show, flush, add, remove];
