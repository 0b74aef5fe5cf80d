/**
 * TAP devices with the virtio-net header (linux/if_tun.h).
 *
 * What: frames are read and written on a non-blocking descriptor, each behind a virtio-net header of 10 bytes, so that
 *   checksums stay unfinished and super-packets whole. The device is made in the thread's network namespace and lives
 *   as long as its descriptor; rtnetlink (link.ts) moves it elsewhere and sets it up.
 */
import { VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import {
  PORT_FEATURE_CSUM,
  PORT_FEATURE_TSO4,
  PORT_FEATURE_TSO6,
  PORT_FEATURE_USO,
  PORT_FEATURE_VNET,
} from "../../assembly/layout/port.ts";
import { check } from "./errno.ts";
import { transmitDrops } from "./link.ts";
import { addressOf, argument, close, ioctl, open } from "./system-calls.ts";

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const TUNSETIFF = 0x400454ca;
const TUNGETIFF = 0x800454d2;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const TUNSETVNETLE = 0x400454dc;
const TUNGETDEVNETNS = 0x54e3;

const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;

const TUN_F_CSUM = 0x01;
const TUN_F_TSO4 = 0x02;
const TUN_F_TSO6 = 0x04;
const TUN_F_USO4 = 0x20;
const TUN_F_USO6 = 0x40;

/** struct ifreq: name[16], then a union. */
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;
export const INTERFACE_NAME_MAX = 15;

export interface Tap {
  readonly descriptor: number;
  /** PORT_FEATURE_*. */
  readonly features: number;
}

/** Makes the TAP device `name`, down and without address; fails when an interface of that name exists. */
export function openTap(name: string, offloads = true): Tap {
  if (name === "" || Buffer.byteLength(name) > INTERFACE_NAME_MAX) {
    throw new Error(`interface name "${name}" must have 1 to ${INTERFACE_NAME_MAX} bytes`);
  }
  const descriptor = check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0), "open of /dev/net/tun");
  try {
    const request = argument(IFREQ_SIZE);
    request.write(name, 0);
    request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL, IFREQ_FLAGS);
    check(ioctl(descriptor, TUNSETIFF, addressOf(request)), `TUNSETIFF of ${name}`);
    setWord(descriptor, TUNSETVNETHDRSZ, VNET_HEADER_SIZE, "TUNSETVNETHDRSZ");
    setWord(descriptor, TUNSETVNETLE, 1, "TUNSETVNETLE");
    return { descriptor, features: PORT_FEATURE_VNET | (offloads ? setOffloads(descriptor) : 0) };
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/** Whether the descriptor still has its device, in whatever network namespace it is. */
export function isTapThere(descriptor: number): boolean {
  return ioctl(descriptor, TUNGETIFF, addressOf(argument(IFREQ_SIZE))) >= 0;
}

/**
 * Frames that a host sent by the device and that found no room in its queue, so far: the device counts them, in whatever network
 * namespace it is. undefined when it is gone.
 */
export function tapDrops(descriptor: number): number | undefined {
  const request = argument(IFREQ_SIZE);
  if (ioctl(descriptor, TUNGETIFF, addressOf(request)) < 0) return undefined;
  const namespace = ioctl(descriptor, TUNGETDEVNETNS, 0);
  if (namespace < 0) return undefined;
  try {
    return transmitDrops(request.toString("latin1", 0, request.indexOf(0)), `/proc/thread-self/fd/${namespace}`);
  } finally {
    close(namespace);
  }
}

function setWord(descriptor: number, request: number, value: number, what: string): void {
  const word = argument(4);
  word.writeInt32LE(value);
  check(ioctl(descriptor, request, addressOf(word)), what);
}

/** UDP segmentation came with Linux 6.2; the rest is older than any kernel this runs on. */
function setOffloads(descriptor: number): number {
  const basic = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  const features = PORT_FEATURE_CSUM | PORT_FEATURE_TSO4 | PORT_FEATURE_TSO6;
  if (ioctl(descriptor, TUNSETOFFLOAD, basic | TUN_F_USO4 | TUN_F_USO6) >= 0) return features | PORT_FEATURE_USO;
  check(ioctl(descriptor, TUNSETOFFLOAD, basic), "TUNSETOFFLOAD");
  return features;
}
