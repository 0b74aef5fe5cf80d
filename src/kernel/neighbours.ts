/** Neighbours of a network namespace, asked by rtnetlink (linux/neighbour.h): whom next hops are known by. */
import { attributes, NetlinkSocket, NLM_F_DUMP } from "./netlink.ts";
import { inNamespace } from "./network-namespace.ts";

const RTM_GETNEIGH = 30;
/** struct ndmsg: family(1) pad(3) ifindex(4) state(2) flags(1) type(1). */
const HEADER_SIZE = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
/** Reachable, stale, delay, probe, permanent: states with an address that is used. */
const USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
const MULTICAST = 0x01;

export interface Neighbour {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** "0a:00:00:00:00:01" */
  readonly mac: string;
  /** Index of the interface. */
  readonly interface: number;
}

/** Those whose Ethernet address is known, of both address families. */
export function listNeighbours(namespace?: string): Neighbour[] {
  const socket = inNamespace(namespace, () => new NetlinkSocket());
  try {
    return socket
      .request("list of neighbours", RTM_GETNEIGH, NLM_F_DUMP, Buffer.alloc(HEADER_SIZE))
      .flatMap(({ body }) => {
        const found = attributes(body.subarray(HEADER_SIZE));
        const address = found.get(NDA_DST);
        const mac = found.get(NDA_LLADDR);
        if (address === undefined || mac?.length !== 6 || mac[0] & MULTICAST || (body.readUInt16LE(8) & USABLE) === 0)
          return [];
        const text = mac.toString("hex").match(/../g)!.join(":");
        return [{ address: Uint8Array.from(address), mac: text, interface: body.readUInt32LE(4) }];
      });
  } finally {
    socket.close();
  }
}
