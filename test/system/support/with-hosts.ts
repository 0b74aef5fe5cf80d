/**
 * Hosts in namespaces on the ports of a WorkerDatapath, wired in pairs: port 1 to port 2, port 3 to port 4 and so on.
 * Names are unique to the process; whatever a test does, nothing is left behind.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { KEY_IN_PORT, KEY_SIZE } from "../../../assembly/layout/key.ts";
import type { MegaflowHandle, PortStatus } from "../../../src/fastpath/datapath.ts";
import type { DatapathAction } from "../../../src/fastpath/datapath-action.ts";
import type { PortEvent } from "../../../src/fastpath/kernel-ports.ts";
import { WorkerDatapath } from "../../../src/fastpath/worker-datapath.ts";
import { addAddress, setLink } from "../../../src/kernel/link.ts";
import { addNamespace, inNamespace, ip, removeNamespaces, runInNamespace } from "../../../src/lab/namespaces.ts";

export interface HostOptions {
  readonly ports: "tap" | "veth" | "af_xdp";
  /** false: the port takes no super-packets and no open checksums, and the host makes none. */
  readonly offloads?: boolean;
  readonly mtu?: number;
}

export interface Host {
  readonly number: number;
  readonly namespace: string;
  /** The host's device; a veth's other end has the same name in the switch's namespace. */
  readonly device: string;
  readonly address: string;
}

export interface Change {
  readonly port: PortStatus;
  readonly event: PortEvent;
  readonly reason: string;
}

export interface Network {
  readonly datapath: WorkerDatapath;
  readonly hosts: readonly Host[];
  /** The megaflows of the wires, by the number of their port less one. */
  readonly wires: readonly MegaflowHandle[];
  /** What listeners heard so far. */
  readonly changes: Change[];
}

/** The kernel gathers changes of carrier for up to a second before it tells. */
export const LINK = { timeout: 5000 };

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
let networks = 0;

export async function withHosts<Result>(
  options: readonly HostOptions[],
  body: (network: Network) => Promise<Result>,
): Promise<Result> {
  const prefix = `mp${process.pid}x${++networks}`;
  const namespaces = options.map((_, index) => `${prefix}-${index + 1}`);
  const datapath = await WorkerDatapath.start();
  const changes: Change[] = [];
  datapath.onPortChange((change) => changes.push(change));
  try {
    const hosts: Host[] = [];
    for (const [index, namespace] of namespaces.entries()) {
      hosts.push(await addHost(datapath, options[index], namespace, index + 1));
    }
    await vi.waitFor(() => {
      const down = datapath.ports().filter(({ up }) => !up);
      if (down.length > 0) throw new Error(`ports are not up: ${down.map(({ name }) => name)}`);
    }, LINK);
    changes.length = 0;
    const wires = hosts.map(({ number }) => output(datapath, number, number % 2 === 1 ? number + 1 : number - 1));
    await datapath.barrier();
    return await body({ datapath, hosts, wires, changes });
  } finally {
    await datapath.close();
    await removeNamespaces(namespaces);
  }
}

async function addHost(
  datapath: WorkerDatapath,
  { ports, offloads = true, mtu = 1500 }: HostOptions,
  namespace: string,
  number: number,
): Promise<Host> {
  const device = namespace.replace("-", "p");
  await addNamespace(namespace);
  if (ports === "tap") {
    await datapath.addPort({ kind: "tap", name: device, namespace, offloads, mtu }, number);
  } else {
    await ip("link", "add", device, "mtu", String(mtu), "type", "veth", "peer", `${device}h`, "mtu", String(mtu));
    setLink(`${device}h`, { namespace });
    setLink(`${device}h`, { name: device }, namespace);
    setLink(device, { up: true });
    const io = ports === "af_xdp" ? ports : "packet";
    const { refused } = await datapath.addPort({ kind: "system", name: device, offloads, io }, number);
    if (refused !== undefined) throw new Error(refused);
    if (!offloads)
      await runInNamespace(namespace, [process.execPath, program("../../../src/lab/offloads.ts"), device, "off"]);
  }
  addAddress(device, Uint8Array.of(10, 7, 0, number), 24, namespace);
  setLink(device, { up: true }, namespace);
  return { number, namespace, device, address: `10.7.0.${number}` };
}

/** A megaflow that matches on the port of arrival alone. */
export function output(datapath: WorkerDatapath, from: number, ...to: number[]): MegaflowHandle {
  const actions = to.map((port): DatapathAction => ({ type: "output", port }));
  const key = new Uint8Array(KEY_SIZE);
  const mask = new Uint8Array(KEY_SIZE);
  new DataView(key.buffer).setUint32(KEY_IN_PORT, from);
  mask.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
  return datapath.putFlow(key, mask, actions);
}

/** A program of this folder, in a host. */
export function run(host: Pick<Host, "namespace">, name: string, ...words: (string | number)[]): Promise<string> {
  return runInNamespace(host.namespace, [process.execPath, program(name), ...words.map(String)]);
}

/** Starts a program that prints a line when it is ready; its later lines, when it has ended. */
export async function serve(
  host: Pick<Host, "namespace">,
  name: string,
  ...words: (string | number)[]
): Promise<Server> {
  const [command, ...rest] = inNamespace(host.namespace, [process.execPath, program(name), ...words.map(String)]);
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  const ended = once(child, "close");
  await Promise.race([
    once(reader, "line"),
    ended.then(() => {
      throw new Error(`${name} ended before it was ready`);
    }),
  ]);
  reader.on("line", (line) => lines.push(line));
  return {
    output: ended.then(() => lines.join("\n")),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

export interface Server {
  readonly output: Promise<string>;
  /** Ends it by closing its stdin. */
  stop(): Promise<void>;
}

/** Sends `size` bytes by TCP; the sha256 at both ends. */
export async function transfer(from: Host, to: Host, size: number, address = to.address): Promise<[string, string]> {
  const server = await serve(to, "tcp-transfer.ts", "serve", 5001);
  const sent = await run(from, "tcp-transfer.ts", "send", address, 5001, size);
  return [sent.trim(), (await server.output).trim()];
}

export interface ExchangeOptions {
  /** Done while datagrams are on their way. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Datagrams on the way at once; without it as many as our shortest queue and the hosts' sockets have room for. */
  readonly inFlight?: number;
}

/** Exchanges datagrams with an echo server; what was sent, came back, and came back wrong. */
export async function exchange(
  from: Host,
  to: Host,
  count: number,
  size: number,
  { meanwhile, inFlight }: ExchangeOptions = {},
): Promise<{ sent: number; returned: number; damaged: number }> {
  const server = await serve(to, "udp-echo.ts", 5002);
  try {
    const client = run(from, "udp-exchange.ts", to.address, 5002, count, size, ...(inFlight ? [inFlight] : []));
    await meanwhile?.();
    return JSON.parse(await client);
  } finally {
    await server.stop();
  }
}
