/**
 * How the frames of an existing interface come and go: a packet socket with its ring, or an AF_XDP socket with its window.
 *
 * Invariants: whoever opened one closes it when the worker has passed its last batch. AF_XDP that is refused, by the kernel or because
 *   it would lose frames, is no failure: a packet socket does the same, slower, and the reason is told.
 * Not handled: VLAN tags that a host leaves to its veth never reach an XDP program (`ethtool -K … txvlan off` in the host).
 */
import {
  PORT_FEATURE_CSUM,
  PORT_FEATURE_OPEN_SUMS,
  PORT_FEATURE_TSO4,
  PORT_FEATURE_TSO6,
  PORT_FEATURE_USO,
  PORT_FEATURE_VNET,
  PORT_KIND_PACKET,
  PORT_KIND_XDP,
} from "../../assembly/layout/port.ts";
import { XDP_LONGEST } from "../../assembly/layout/xdp.ts";
import { attachXdpSomehow, type XdpMode } from "../kernel/bpf/xdp-program.ts";
import { SystemCallError } from "../kernel/errno.ts";
import { driverOf, receiveQueues, transmitOffloads } from "../kernel/ethtool.ts";
import type { Link } from "../kernel/link.ts";
import { bindToInterface, openPacketSocket, takeRingDrops } from "../kernel/packet-socket.ts";
import { close } from "../kernel/system-calls.ts";
import { xdpDrops } from "../kernel/xdp-socket.ts";
import type { InterfaceIo } from "./datapath.ts";
import { NoWindowError, type RingWindow, type RingWindows } from "./ring-windows.ts";

/** The kernel segments and sums what an interface cannot: every packet socket takes everything. */
const SEGMENTATION = PORT_FEATURE_TSO4 | PORT_FEATURE_TSO6 | PORT_FEATURE_USO;

/** A socket that bypasses the queues loses what the device cannot take as it is: the kernel does not cut it there. */
function offloadsOf(name: string): number {
  const { checksum, segmentation } = transmitOffloads(name);
  if (!checksum) return 0;
  return PORT_FEATURE_CSUM | (segmentation ? SEGMENTATION : 0);
}
/** Ethernet header and one tag, which an MTU does not count. */
const HEADER_SIZE = 18;
/** Drivers of interfaces whose senders are on this machine: they leave checksums open. */
const LOCAL_DRIVERS = new Set(["veth", "tun"]);

export interface InterfaceSpec {
  readonly name: string;
  readonly offloads?: boolean;
  readonly io?: InterfaceIo;
}

export interface OpenInterface {
  readonly io: InterfaceIo;
  readonly descriptor: number;
  readonly window: RingWindow;
  /** PORT_KIND_*, PORT_FEATURE_*. */
  readonly kind: number;
  readonly features: number;
  readonly xdpMode?: XdpMode;
  /** Why it is not AF_XDP that was asked for. */
  readonly refused?: string;
  /** Frames that found no room since the last call. */
  takeDrops(): number;
  close(): void;
}

class AfXdpRefused extends Error {}

export function openInterface(spec: InterfaceSpec, link: Link, windows: RingWindows): OpenInterface {
  if (spec.io !== "af_xdp") return openByPacketSocket(spec, link, windows);
  try {
    return openByXdp(spec, link, windows);
  } catch (error) {
    if (![SystemCallError, NoWindowError, AfXdpRefused].some((kind) => error instanceof kind)) throw error;

    return { ...openByPacketSocket(spec, link, windows), refused: (error as Error).message };
  }
}

function openByPacketSocket({ name, offloads }: InterfaceSpec, link: Link, windows: RingWindows): OpenInterface {
  const descriptor = openPacketSocket();
  let window: RingWindow | undefined;
  try {
    window = windows.open(descriptor);
    bindToInterface(descriptor, link.index);
  } catch (error) {
    if (window !== undefined) windows.close(window);
    close(descriptor);
    throw error;
  }
  const ring = window;
  return {
    io: "packet",
    descriptor,
    window,
    kind: PORT_KIND_PACKET,
    features: PORT_FEATURE_VNET | (offloads === false ? 0 : offloadsOf(name)),
    takeDrops: () => takeRingDrops(descriptor),
    close: () => {
      windows.close(ring);
      close(descriptor);
    },
  };
}

function openByXdp({ name }: InterfaceSpec, link: Link, windows: RingWindows): OpenInterface {
  checkFit(name, link);
  const { descriptor, window } = windows.openXdp(link.index);
  const closeSocket = (): void => {
    close(descriptor);
    windows.close(window);
  };
  let seen = 0;
  try {
    const { link: program, mode } = attachXdpSomehow(descriptor, link.index);
    return {
      io: "af_xdp",
      descriptor,
      window,
      kind: PORT_KIND_XDP,
      features: LOCAL_DRIVERS.has(driverOf(name)?.name ?? "") ? PORT_FEATURE_OPEN_SUMS : 0,
      xdpMode: mode,
      takeDrops: () => {
        const before = seen;
        seen = xdpDrops(descriptor);
        return seen - before;
      },
      close: () => {
        close(program);
        closeSocket();
      },
    };
  } catch (error) {
    closeSocket();
    throw error;
  }
}

/** @throws AfXdpRefused where frames would be lost. */
function checkFit(name: string, link: Link): void {
  const longest = XDP_LONGEST - HEADER_SIZE;
  if (link.mtu > longest) throw new AfXdpRefused(`the MTU of ${name} is ${link.mtu}: AF_XDP takes up to ${longest}`);
  const queues = receiveQueues(name);
  if (queues > 1) {
    throw new AfXdpRefused(`${name} has ${queues} receive queues, AF_XDP takes one: ethtool -L ${name} combined 1`);
  }
}
