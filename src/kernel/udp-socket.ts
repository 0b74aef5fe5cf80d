/**
 * UDP sockets of tunnel ports (ip(7), ipv6(7), udp(7)).
 *
 * What: receivers share the tunnel's port; a classic BPF program deals datagrams out to them by whether their outer header had
 *   a checksum, which no control message tells. Senders have a port of their own each, from the kernel's range, and
 *   receive nothing.
 * Why sockets and not packet sockets on the underlay: the kernel keeps routing, neighbors, source addresses, reassembly,
 *   path MTU, its firewall and its IPsec; and UDP_SEGMENT and UDP_GRO let 40 packets cross it as one. With AF_PACKET all of
 *   that would be ours, for ~1 µs a packet saved where packets cannot be bundled.
 * Not handled: interfaces in a VRF.
 */
import { check, EADDRINUSE, SystemCallError } from "./errno.ts";
import { setSocketOption } from "./socket-option.ts";
import { addressOf, argument, bind, close, errno, setsockopt, socket } from "./system-calls.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;
export type AddressFamily = typeof AF_INET | typeof AF_INET6;

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_UDP = 17;
const SOL_IPV6 = 41;
const SO_NO_CHECK = 11;
const SO_REUSEPORT = 15;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IP_PKTINFO = 8;
const IP_MTU_DISCOVER = 10;
const IP_RECVTTL = 12;
const IP_RECVTOS = 13;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_RECVTCLASS = 66;
const UDP_NO_CHECK6_TX = 101;
const UDP_NO_CHECK6_RX = 102;
const UDP_GRO = 104;
/** Never set DF (IPv6: fragment what is too long); always set it, and refuse what is longer than the path's MTU. */
const PMTUDISC_DONT = 0;
const PMTUDISC_DO = 2;

const SEND_BUFFER = 8 << 20;
const RECEIVE_BUFFER = 16 << 20;

/**
 * The sockets that receive at `port`: datagrams without an outer checksum, and with one.
 * @throws SystemCallError when somebody else has the port.
 */
export function openTunnelReceivers(family: AddressFamily, port: number): [number, number] {
  assertFree(family, port);
  const plain = openReceiver(family, port);
  try {
    const checksummed = openReceiver(family, port);
    try {
      attachProgram(plain, SO_ATTACH_REUSEPORT_CBPF, family === AF_INET ? CHECKSUMMED_IPV4 : CHECKSUMMED_IPV6);
    } catch (error) {
      close(checksummed);
      throw error;
    }
    return [plain, checksummed];
  } catch (error) {
    close(plain);
    throw error;
  }
}

/** A socket that sends from a port the kernel chooses, as the kernel's route says; it does not set DF and makes checksums. */
export function openTunnelSender(family: AddressFamily): number {
  const descriptor = openSocket(family);
  try {
    setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
    attachProgram(descriptor, SO_ATTACH_FILTER, [[BPF_RETURN, 0, 0, 0]]);
    bindToPort(descriptor, family, 0);
    return descriptor;
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/** What the next datagrams of a sender get; `word` is the address of four bytes that the call may use. */
export function setOuterHeader(
  descriptor: number,
  family: AddressFamily,
  dontFragment: boolean,
  checksum: boolean,
  word: { readonly address: number; readonly value: Int32Array },
): void {
  const { address, value } = word;
  const ipv6 = family === AF_INET6;
  value[0] = dontFragment ? PMTUDISC_DO : PMTUDISC_DONT;
  setsockopt(descriptor, ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, address, 4);
  value[0] = checksum ? 0 : 1;
  setsockopt(descriptor, ipv6 ? SOL_UDP : SOL_SOCKET, ipv6 ? UDP_NO_CHECK6_TX : SO_NO_CHECK, address, 4);
}

function openSocket(family: AddressFamily): number {
  const descriptor = check(
    socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    `UDP socket for ${family === AF_INET ? "IPv4" : "IPv6"}`,
  );
  if (family === AF_INET6) setSocketOption(descriptor, SOL_IPV6, IPV6_V6ONLY, 1);
  return descriptor;
}

/** The port must be nobody's before it is shared among ours: another switch of the same user could join otherwise. */
function assertFree(family: AddressFamily, port: number): void {
  const probe = openSocket(family);
  try {
    bindToPort(probe, family, port);
  } finally {
    close(probe);
  }
}

function openReceiver(family: AddressFamily, port: number): number {
  const descriptor = openSocket(family);
  try {
    setSocketOption(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    setSocketOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    setSocketOption(descriptor, SOL_UDP, UDP_GRO, 1);
    if (family === AF_INET) {
      for (const option of [IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]) setSocketOption(descriptor, SOL_IP, option, 1);
    } else {
      for (const option of [IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS]) {
        setSocketOption(descriptor, SOL_IPV6, option, 1);
      }
      setSocketOption(descriptor, SOL_UDP, UDP_NO_CHECK6_RX, 1); // RFC 6935: tunnels may do without
    }
    bindToPort(descriptor, family, port);
    return descriptor;
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

function bindToPort(descriptor: number, family: AddressFamily, port: number): void {
  const address = argument(family === AF_INET ? 16 : 28); // struct sockaddr_in, sockaddr_in6: any address
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(port, 2);
  if (bind(descriptor, addressOf(address), address.length) >= 0) return;
  const number = errno();
  if (number === EADDRINUSE) {
    throw new SystemCallError(`UDP port ${port} (another switch or a tunnel device of the kernel has it)`, number);
  }
  throw new SystemCallError(`UDP port ${port}`, number);
}

// Classic BPF (linux/filter.h): [code, jump if true, jump if false, operand].
type Instruction = readonly [code: number, jt: number, jf: number, k: number];
const BPF_LOAD_BYTE = 0x30; // A = packet[k]
const BPF_LOAD_HALF = 0x28;
const BPF_LOAD_HALF_INDEXED = 0x48; // A = packet[X + k]
const BPF_AND = 0x54;
const BPF_SHIFT_LEFT = 0x64;
const BPF_TO_INDEX = 0x07; // X = A
const BPF_JUMP_IF_EQUAL = 0x15;
const BPF_RETURN = 0x06;
/** Offsets from here on count from the network header: the program is given what follows the UDP header. */
const NETWORK_HEADER = 0xfff0_0000;
const IPV6_HEADER = 40;
const UDP_CHECKSUM = 6;

/** Index of the receiver: 0 = the UDP checksum is zero. */
const CHOOSE: readonly Instruction[] = [
  [BPF_JUMP_IF_EQUAL, 0, 1, 0],
  [BPF_RETURN, 0, 0, 0],
  [BPF_RETURN, 0, 0, 1],
];
const CHECKSUMMED_IPV4: readonly Instruction[] = [
  [BPF_LOAD_BYTE, 0, 0, NETWORK_HEADER],
  [BPF_AND, 0, 0, 0x0f],
  [BPF_SHIFT_LEFT, 0, 0, 2],
  [BPF_TO_INDEX, 0, 0, 0],
  [BPF_LOAD_HALF_INDEXED, 0, 0, NETWORK_HEADER + UDP_CHECKSUM],
  ...CHOOSE,
];
const CHECKSUMMED_IPV6: readonly Instruction[] = [
  [BPF_LOAD_HALF, 0, 0, NETWORK_HEADER + IPV6_HEADER + UDP_CHECKSUM],
  ...CHOOSE,
];

function attachProgram(descriptor: number, option: number, program: readonly Instruction[]): void {
  const code = argument(program.length * 8); // struct sock_filter: code(2) jt(1) jf(1) k(4)
  program.forEach(([operation, jt, jf, k], i) => {
    code.writeUInt16LE(operation, i * 8);
    code.writeUInt8(jt, i * 8 + 2);
    code.writeUInt8(jf, i * 8 + 3);
    code.writeUInt32LE(k, i * 8 + 4);
  });
  const header = argument(16); // struct sock_fprog: len(2), filter at 8
  header.writeUInt16LE(program.length, 0);
  header.writeBigUInt64LE(BigInt(addressOf(code)), 8);
  check(setsockopt(descriptor, SOL_SOCKET, option, addressOf(header), 16), "socket program");
}
