/**
 * Turns a device's transmit offloads on or off: `node offloads.ts DEVICE on|off`, in the device's namespace.
 *
 * Without checksum offload the kernel also gives up segmentation offload, so every frame leaves whole and summed: what
 * `ethtool -K DEVICE tx off` does, by the same ioctl (linux/ethtool.h, ethtool_value), without that program.
 */
import { addressOf, close, errno, ioctl, socket } from "../kernel/system-calls.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;
const IFREQ_SIZE = 40;
const IFREQ_DATA = 16;

const [device, state] = process.argv.slice(2);

const value = new Uint32Array([ETHTOOL_STXCSUM, state === "on" ? 1 : 0]);
const request = Buffer.alloc(IFREQ_SIZE);
request.write(device, 0, "latin1");
request.writeBigUInt64LE(BigInt(addressOf(new Uint8Array(value.buffer))), IFREQ_DATA);

const descriptor = socket(AF_INET, SOCK_DGRAM, 0);
const status = ioctl(descriptor, SIOCETHTOOL, addressOf(request));
if (status < 0) console.error(`offloads of ${device} cannot be turned ${state}: errno ${errno()}`);
close(descriptor);
process.exitCode = status < 0 ? 1 : 0;
