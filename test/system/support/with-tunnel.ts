/**
 * Two chassis, each a network namespace with a switch and one host behind it, joined by a veth pair (the underlay):
 *
 *   host A ── switch A ── tunnel ──(underlay)── tunnel ── switch B ── host B
 *
 * A switch is ours, or the real Open vSwitch with its userspace datapath, whose underlay address then is on a bridge of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TunnelKind } from "../../../src/fastpath/datapath.ts";
import { addNamespace, inNamespace, ip, removeNamespaces, runInNamespace } from "../../../src/lab/namespaces.ts";
import type { TunnelSwitchOptions, TunnelSwitchReport } from "./tunnel-switch.ts";
import type { Host } from "./with-hosts.ts";

export interface TunnelOptions {
  readonly kind?: TunnelKind;
  readonly family?: 4 | 6;
  /** MTU of the underlay, and of the hosts. */
  readonly underlay?: number;
  readonly hosts?: number;
  /** Options of the tunnel interfaces beside remote_ip and key. */
  readonly options?: Readonly<Record<string, string>>;
  readonly switches?: readonly [Program, Program];
  /** Our switches have the underlay as a port of a bridge, and the address on that bridge. */
  readonly bridged?: boolean;
}

export type Program = "ours" | "ovs";

export interface Chassis {
  readonly namespace: string;
  readonly underlayAddress: string;
  readonly host: Host;
  /** Starts the switch; resolves when it forwards. */
  start(): Promise<void>;
  /** Ends it at once, without letting it clean up. */
  kill(): Promise<void>;
  /** Counters of one of ours. */
  report(): Promise<TunnelSwitchReport>;
}

export interface TwoChassis {
  readonly chassis: readonly [Chassis, Chassis];
}

const SWITCH = fileURLToPath(new URL("tunnel-switch.ts", import.meta.url));
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const OVS = "/usr/lib/openvswitch-switch/ovs-vswitchd";
let networks = 0;

export async function withTunnel(options: TunnelOptions, body: (network: TwoChassis) => Promise<void>): Promise<void> {
  const prefix = `mt${process.pid}x${++networks}`;
  const names = [1, 2].flatMap((i) => [`${prefix}c${i}`, `${prefix}h${i}`]);
  const directory = mkdtempSync(join(tmpdir(), "megaflow-tunnel-"));
  try {
    for (const name of names) await addNamespace(name);
    const [first, second] = [`${prefix}c1`, `${prefix}c2`];
    const mtu = String(options.underlay ?? 1600);
    await ip(
      ...["link", "add", "eth1", "netns", first, "mtu", mtu, "type", "veth"],
      ...["peer", "name", "eth1", "netns", second, "mtu", mtu],
    );
    const chassis = [1, 2].map((index) => makeChassis(options, prefix, directory, index as 1 | 2)) as [
      Chassis,
      Chassis,
    ];
    // What the real one reads from a packet socket must be as it is on a wire.
    if (options.switches?.includes("ovs")) {
      for (const name of [first, second]) await runInNamespace(name, ["ethtool", "-K", "eth1", "tx", "off"]);
    }
    for (const one of chassis) await one.start();
    await body({ chassis });
  } finally {
    await removeNamespaces(names);
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeChassis(options: TunnelOptions, prefix: string, directory: string, index: 1 | 2): Chassis {
  const namespace = `${prefix}c${index}`;
  const host: Host = { number: index, namespace: `${prefix}h${index}`, device: "eth0", address: `10.8.0.${index}` };
  const underlayAddress = underlay(options, index);
  const place = { ...options, namespace, host, index, directory: join(directory, String(index)), underlayAddress };
  return options.switches?.[index - 1] === "ovs" ? realSwitch(place) : ourSwitch(place);
}

const underlay = ({ family = 4 }: TunnelOptions, index: number): string =>
  family === 4 ? `172.31.0.${index}` : `fd00:31::${index}`;

interface Place extends TunnelOptions {
  readonly namespace: string;
  readonly host: Host;
  readonly index: 1 | 2;
  readonly directory: string;
  readonly underlayAddress: string;
}

const macOf = (index: number): string => `02:00:00:00:01:0${index}`;

function tunnelOptions({ index, options, ...place }: Place): Record<string, string> {
  return { remote_ip: underlay(place, 3 - index), key: "flow", csum: "true", ...options };
}

/** Rules of OVN's kind: the key says which network, the option (Geneve) to whom. */
function rules({ kind = "geneve", index }: Place): string[] {
  const [own, other] = [index, 3 - index];
  return kind === "geneve"
    ? [
        `priority=1,in_port=1 actions=set_field:0x7->tun_id,set_field:0x${own}000${other}->tun_metadata0,output:2`,
        `priority=1,in_port=2,tun_id=0x7,tun_metadata0=0x${other}000${own} actions=output:1`,
      ]
    : [
        "priority=1,in_port=1 actions=set_field:0x7->tun_id,output:2",
        "priority=1,in_port=2,tun_id=0x7 actions=output:1",
      ];
}

async function addressHost({ host }: Place): Promise<void> {
  await ip("-n", host.namespace, "address", "add", `${host.address}/24`, "dev", host.device);
  await ip("-n", host.namespace, "link", "set", host.device, "up");
}

async function addressUnderlay({ namespace, family = 4, underlayAddress }: Place, device: string): Promise<void> {
  const words = family === 4 ? [`${underlayAddress}/24`] : [`${underlayAddress}/64`, "nodad"];
  await ip("-n", namespace, "address", "replace", words[0], "dev", device, ...words.slice(1));
  await ip("-n", namespace, "link", "set", device, "up");
}

function ourSwitch(place: Place): Chassis {
  const { namespace, host, underlayAddress, kind = "geneve", hosts: mtu = 1500, index, bridged = false } = place;
  const wanted: TunnelSwitchOptions = {
    ...{ host: host.namespace, mtu, mac: macOf(index), kind },
    ...{ options: tunnelOptions(place), rules: rules(place), bridged },
  };
  let child: ChildProcess;
  let lines: Interface;
  return {
    namespace,
    host,
    underlayAddress,
    async start() {
      if (bridged) await ip("-n", namespace, "link", "set", "eth1", "up");
      else await addressUnderlay(place, "eth1");
      const [command, ...words] = inNamespace(namespace, [process.execPath, SWITCH, JSON.stringify(wanted)]);
      child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
      lines = createInterface(child.stdout!);
      const ended = once(child, "exit").then(() => {
        throw new Error("the switch ended before it was ready");
      });
      ended.catch(() => undefined);
      await Promise.race([once(lines, "line"), ended]);
      if (bridged) await addressUnderlay(place, "br-phy");
      await addressHost(place);
    },
    async kill() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    async report() {
      const line = once(lines, "line");
      child.stdin!.write("report\n");
      return JSON.parse((await line)[0]);
    },
  };
}

function realSwitch(place: Place): Chassis {
  const { namespace, host, directory, underlayAddress, kind = "geneve", hosts: mtu = 1500, index } = place;
  const variables = ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"].map((name) => `${name}=${directory}`);
  const run = (...command: string[]) => runInNamespace(namespace, ["env", ...variables, ...command]);
  const vsctl = (...words: string[]) => run("ovs-vsctl", "--timeout=10", ...words);
  return {
    namespace,
    host,
    underlayAddress,
    async start() {
      await run("mkdir", "-p", directory);
      await run("ovsdb-tool", "create", join(directory, "conf.db"), SCHEMA);
      const quiet = ["--no-chdir", "--pidfile", "--detach", "--log-file", "-vconsole:off"];
      await run("ovsdb-server", join(directory, "conf.db"), `--remote=punix:${join(directory, "db.sock")}`, ...quiet);
      await vsctl("--no-wait", "init");
      await run(OVS, `unix:${join(directory, "db.sock")}`, ...quiet);
      const netdev = (bridge: string) => ["set", "bridge", bridge, "datapath_type=netdev", "fail_mode=standalone"];
      await vsctl("add-br", "br-phy", "--", ...netdev("br-phy"), "--", "add-port", "br-phy", "eth1");
      await ip("-n", namespace, "link", "set", "eth1", "up");
      await addressUnderlay(place, "br-phy");
      await ip(
        ...["-n", namespace, "link", "add", "inner", "mtu", String(mtu), "type", "veth", "peer", "name", "eth0"],
        ...["netns", host.namespace, "mtu", String(mtu), "address", macOf(index)],
      );
      await ip("-n", namespace, "link", "set", "inner", "up");
      await runInNamespace(host.namespace, ["ethtool", "-K", "eth0", "tx", "off"]);
      const options = Object.entries(tunnelOptions(place)).map(([name, value]) => `options:${name}="${value}"`);
      await vsctl(
        ...["add-br", "br-int", "--", ...netdev("br-int"), "--", "set", "bridge", "br-int", "fail_mode=secure"],
        ...["--", "add-port", "br-int", "inner", "--", "set", "interface", "inner", "ofport_request=1"],
        ...["--", "add-port", "br-int", "tun0", "--", "set", "interface", "tun0", `type=${kind}`, "ofport_request=2"],
        ...options,
      );
      const ofctl = (...words: string[]) => run("ovs-ofctl", "-O", "OpenFlow13", ...words);
      if (kind === "geneve") await ofctl("add-tlv-map", "br-int", "{class=0x102,type=0x80,len=4}->tun_metadata0");
      for (const rule of rules(place)) await ofctl("add-flow", "br-int", rule);
      await addressHost(place);
    },
    async kill() {
      throw new Error("the real switch is not killed");
    },
    async report() {
      throw new Error("the real switch has no such report");
    },
  };
}
