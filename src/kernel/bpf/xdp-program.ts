/**
 * The XDP program that hands an interface's frames to an AF_XDP socket.
 *
 * What: `attachXdp` makes a map with the socket in it, the program, and the link that keeps the program on the interface: closing
 *   the link's descriptor, by us or by the end of the process, takes the program off again.
 * Invariants: frames of receive queue 0 go to the socket; others, and all when the socket is gone, to the kernel's own stack.
 */
import { SystemCallError } from "../errno.ts";
import { close } from "../system-calls.ts";
import { Assembler } from "./assembler.ts";
import { ATTACH_XDP, attach, createMap, loadProgram, MAP_XSK, PROGRAM_XDP, setElement } from "./bpf.ts";

const XDP_FLAGS_SKB_MODE = 2;
const XDP_FLAGS_DRV_MODE = 4;
const XDP_PASS = 2;
/** Helper of the kernel. */
const REDIRECT_MAP = 51;
/** rx_queue_index of struct xdp_md. */
const RECEIVE_QUEUE = 16;

export type XdpMode = "native" | "generic";

/** Has the interface's frames given to the socket; the link's descriptor. @throws SystemCallError saying what the kernel refused. */
export function attachXdp(socket: number, index: number, mode: XdpMode): number {
  const map = createMap({ type: MAP_XSK, keySize: 4, valueSize: 4, entries: 1 });
  try {
    const program = loadProgram(PROGRAM_XDP, redirectToSocket(map), "the program of AF_XDP");
    try {
      setElement(map, 0, socket);
      const flags = mode === "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
      return attach(program, index, ATTACH_XDP, flags, `XDP in ${mode} mode on interface ${index}`);
    } finally {
      close(program); // the link holds it
    }
  } finally {
    close(map); // the program holds it
  }
}

/** return bpf_redirect_map(&map, context->rx_queue_index, XDP_PASS) */
function redirectToSocket(map: number): Buffer {
  return new Assembler()
    .load("u32", 2, 1, RECEIVE_QUEUE)
    .map(1, map)
    .alu("move", 3, XDP_PASS)
    .call(REDIRECT_MAP)
    .exit()
    .bytes();
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
