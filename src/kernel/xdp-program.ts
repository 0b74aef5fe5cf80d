/**
 * The XDP program that hands an interface's frames to an AF_XDP socket (linux/bpf.h), loaded as the five instructions it is.
 *
 * What: `attachXdp` makes a map with the socket in it, the program, and the link that keeps the program on the interface: closing
 *   the link's descriptor, by us or by the end of the process, takes the program off again.
 * Invariants: frames of receive queue 0 go to the socket; others, and all when the socket is gone, to the kernel's own stack.
 */
import { check, SystemCallError } from "./errno.ts";
import { addressOf, argument, bpf, close } from "./system-calls.ts";

const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_PROG_LOAD = 5;
const BPF_LINK_CREATE = 28;
const BPF_MAP_TYPE_XSKMAP = 17;
const BPF_PROG_TYPE_XDP = 6;
const BPF_XDP = 37;
const XDP_FLAGS_SKB_MODE = 2;
const XDP_FLAGS_DRV_MODE = 4;
/** Bytes of union bpf_attr that these commands read. */
const ATTRIBUTES_SIZE = 72;
const INSTRUCTION_SIZE = 8;

export type XdpMode = "native" | "generic";

/** Has the interface's frames given to the socket; the link's descriptor. @throws SystemCallError saying what the kernel refused. */
export function attachXdp(socket: number, index: number, mode: XdpMode): number {
  const map = call(BPF_MAP_CREATE, "BPF_MAP_CREATE", (attributes) => {
    [BPF_MAP_TYPE_XSKMAP, 4, 4, 1].forEach((value, i) => {
      attributes.writeUInt32LE(value, i * 4); // type, bytes of key and value, entries
    });
  });
  try {
    const program = loadProgram(map);
    try {
      setSocket(map, socket);
      return call(BPF_LINK_CREATE, `XDP in ${mode} mode on interface ${index}`, (attributes) => {
        attributes.writeUInt32LE(program, 0);
        attributes.writeUInt32LE(index, 4);
        attributes.writeUInt32LE(BPF_XDP, 8);
        attributes.writeUInt32LE(mode === "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, 12);
      });
    } finally {
      close(program); // the link holds it
    }
  } finally {
    close(map); // the program holds it
  }
}

/** return bpf_redirect_map(&map, context->rx_queue_index, XDP_PASS) */
function loadProgram(map: number): number {
  const instructions = Buffer.from(
    [
      "6112100000000000", // r2 = *(u32 *)(r1 + 16), rx_queue_index of struct xdp_md
      "1811000000000000", // r1 = the map, whose descriptor is written here
      "0000000000000000",
      "b703000002000000", // r3 = XDP_PASS
      "8500000033000000", // call bpf_redirect_map
      "9500000000000000", // exit
    ].join(""),
    "hex",
  );
  instructions.writeInt32LE(map, INSTRUCTION_SIZE + 4);
  const license = Buffer.from("Apache-2.0\0");
  return call(BPF_PROG_LOAD, "BPF_PROG_LOAD", (attributes) => {
    attributes.writeUInt32LE(BPF_PROG_TYPE_XDP, 0);
    attributes.writeUInt32LE(instructions.length / INSTRUCTION_SIZE, 4);
    attributes.writeBigUInt64LE(BigInt(addressOf(instructions)), 8);
    attributes.writeBigUInt64LE(BigInt(addressOf(license)), 16);
  });
}

function setSocket(map: number, socket: number): void {
  const key = argument(4);
  const value = argument(4);
  value.writeInt32LE(socket);
  call(BPF_MAP_UPDATE_ELEM, "BPF_MAP_UPDATE_ELEM", (attributes) => {
    attributes.writeUInt32LE(map, 0);
    attributes.writeBigUInt64LE(BigInt(addressOf(key)), 8);
    attributes.writeBigUInt64LE(BigInt(addressOf(value)), 16);
  });
}

function call(command: number, what: string, fill: (attributes: Buffer) => void): number {
  const attributes = argument(ATTRIBUTES_SIZE);
  fill(attributes);
  return check(bpf(command, addressOf(attributes), ATTRIBUTES_SIZE), what);
}

/** Native where the driver can, generic elsewhere. */
export function attachXdpSomehow(socket: number, index: number): { readonly link: number; readonly mode: XdpMode } {
  try {
    return { link: attachXdp(socket, index, "native"), mode: "native" };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
  }
  return { link: attachXdp(socket, index, "generic"), mode: "generic" };
}
