/** What an interface's driver tells about itself (linux/ethtool.h), asked in this thread's network namespace. */
import { addressOf, argument, close, ioctl, socket } from "./system-calls.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCETHTOOL = 0x8946;
/** struct ifreq: name[16], then a pointer to the command's struct. */
const IFREQ_SIZE = 40;
const IFREQ_DATA = 16;

const ETHTOOL_GSET = 0x01;
/** struct ethtool_cmd: cmd(4) supported(4) advertising(4) speed(2) duplex(1) port(1) … speed_hi(2) at 28. */
const SETTINGS_SIZE = 44;
const SETTINGS_SPEED = 12;
const SETTINGS_DUPLEX = 14;
const SETTINGS_SPEED_HIGH = 28;
const SPEED_UNKNOWN = 0xffff_ffff;
const DUPLEX_FULL = 1;

const ETHTOOL_GDRVINFO = 0x03;
/** struct ethtool_drvinfo: cmd(4) driver[32] version[32] fw_version[32] … */
const DRIVER_SIZE = 196;
const DRIVER_NAME = 4;
const DRIVER_VERSION = 36;
const DRIVER_FIRMWARE = 68;

const ETHTOOL_GCHANNELS = 0x3c;
/** struct ethtool_channels: cmd(4), four maxima, then rx(4) tx(4) other(4) combined(4). */
const CHANNELS_SIZE = 36;
const CHANNELS_RECEIVE = 20;
const CHANNELS_COMBINED = 32;

export interface LinkMode {
  /** Bits a second. */
  readonly speed: number;
  readonly duplex: "full" | "half";
}

export interface Driver {
  readonly name: string;
  readonly version: string;
  readonly firmware: string;
}

/** undefined: there is no such interface, or it has no such thing as a speed. */
export function linkMode(name: string): LinkMode | undefined {
  const settings = ask(name, ETHTOOL_GSET, SETTINGS_SIZE);
  if (settings === undefined) return undefined;
  const megabits = settings.readUInt16LE(SETTINGS_SPEED_HIGH) * 0x10000 + settings.readUInt16LE(SETTINGS_SPEED);
  if (megabits === 0 || megabits === SPEED_UNKNOWN || megabits === 0xffff) return undefined;
  return { speed: megabits * 1e6, duplex: settings[SETTINGS_DUPLEX] === DUPLEX_FULL ? "full" : "half" };
}

const ETHTOOL_GTXCSUM = 0x16;
const ETHTOOL_GTSO = 0x1e;
/** struct ethtool_value: cmd(4) data(4). */
const VALUE_SIZE = 8;

/** Whether the device takes packets without checksum, and super-packets. One that does not say is thought to. */
export function transmitOffloads(name: string): { checksum: boolean; segmentation: boolean } {
  const says = (command: number): boolean => ask(name, command, VALUE_SIZE)?.readUInt32LE(4) !== 0;
  return { checksum: says(ETHTOOL_GTXCSUM), segmentation: says(ETHTOOL_GTSO) };
}

export function driverOf(name: string): Driver | undefined {
  const info = ask(name, ETHTOOL_GDRVINFO, DRIVER_SIZE);
  if (info === undefined) return undefined;
  const text = (at: number): string => info.toString("latin1", at, at + 32).replace(/\0.*$/s, "");
  return { name: text(DRIVER_NAME), version: text(DRIVER_VERSION), firmware: text(DRIVER_FIRMWARE) };
}

/** Receive queues in use; 1 where the driver knows of no others. */
export function receiveQueues(name: string): number {
  const channels = ask(name, ETHTOOL_GCHANNELS, CHANNELS_SIZE);
  if (channels === undefined) return 1;
  return Math.max(1, channels.readUInt32LE(CHANNELS_RECEIVE) + channels.readUInt32LE(CHANNELS_COMBINED));
}

function ask(name: string, command: number, size: number): Buffer | undefined {
  const descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return undefined;
  try {
    const data = argument(size);
    data.writeUInt32LE(command);
    const request = argument(IFREQ_SIZE);
    request.write(name, 0, 15);
    request.writeBigUInt64LE(BigInt(addressOf(data)), IFREQ_DATA);
    return ioctl(descriptor, SIOCETHTOOL, addressOf(request)) < 0 ? undefined : data;
  } finally {
    close(descriptor);
  }
}
