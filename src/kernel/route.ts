/**
 * Routes, neighbours and addresses of a network namespace, asked by rtnetlink (linux/rtnetlink.h, linux/neighbour.h).
 *
 * Not handled: routes of tables other than main and local, multipath routes (their first way is what counts).
 */
import { attributes, type Message, NetlinkSocket, NLM_F_DUMP } from "./netlink.ts";
import { inNamespace } from "./network-namespace.ts";

const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const RTM_GETNEIGH = 30;

/** struct rtmsg: family dst_len src_len tos table protocol scope type(1 each) flags(4). */
const RTMSG_SIZE = 12;
const RTMSG_DST_LEN = 1;
const RTMSG_TABLE = 4;
const RTMSG_TYPE = 7;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;

/** struct ndmsg: family(1) pad(3) index(4) state(2) flags(1) type(1). */
const NDMSG_SIZE = 12;
const NDMSG_STATE = 8;
/** NUD_REACHABLE, STALE, DELAY, PROBE, PERMANENT: an address that was heard or given. */
const NUD_KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
const NDA_DST = 1;
const NDA_LLADDR = 2;

/** struct ifaddrmsg: family prefix_length flags scope(1 each) index(4). */
const IFADDRMSG_SIZE = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;

const AF_INET = 2;
const AF_INET6 = 10;

export interface Route {
  /** 4 or 16 bytes; zeros for a default route. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  /** Interface number. */
  readonly link: number;
  readonly gateway?: Uint8Array;
  readonly source?: Uint8Array;
  /** An address of this host. */
  readonly local: boolean;
}

export interface Neighbour {
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
  readonly link: number;
}

export interface LinkAddress {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly link: number;
}

/** Unicast routes, the host's own addresses among them. */
export function listRoutes(namespace?: string): Route[] {
  return dump("list of routes", RTM_GETROUTE, RTMSG_SIZE, namespace).flatMap((message): Route[] => {
    const { body } = message;
    const type = body[RTMSG_TYPE];
    const table = body[RTMSG_TABLE];
    if (type !== RTN_UNICAST && type !== RTN_LOCAL) return [];
    if (table !== RT_TABLE_MAIN && table !== RT_TABLE_LOCAL) return [];
    const found = attributes(body.subarray(RTMSG_SIZE));
    const link = found.get(RTA_OIF)?.readUInt32LE(0);
    if (link === undefined) return [];
    return [
      {
        destination: found.get(RTA_DST) ?? new Uint8Array(body[0] === AF_INET ? 4 : 16),
        prefixLength: body[RTMSG_DST_LEN],
        link,
        gateway: found.get(RTA_GATEWAY),
        source: found.get(RTA_PREFSRC),
        local: type === RTN_LOCAL,
      },
    ];
  });
}

/** Those whose Ethernet address is known. */
export function listNeighbours(namespace?: string): Neighbour[] {
  return dump("list of neighbours", RTM_GETNEIGH, NDMSG_SIZE, namespace).flatMap(({ body }): Neighbour[] => {
    const found = attributes(body.subarray(NDMSG_SIZE));
    const address = found.get(NDA_DST);
    const mac = found.get(NDA_LLADDR);
    if ((body.readUInt16LE(NDMSG_STATE) & NUD_KNOWN) === 0) return [];
    return address === undefined || mac?.length !== 6 ? [] : [{ address, mac, link: body.readUInt32LE(4) }];
  });
}

export function listAddresses(namespace?: string): LinkAddress[] {
  return dump("list of addresses", RTM_GETADDR, IFADDRMSG_SIZE, namespace).flatMap(({ body }): LinkAddress[] => {
    const found = attributes(body.subarray(IFADDRMSG_SIZE));
    // On a point-to-point link IFA_ADDRESS is the other end's.
    const address = found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS);
    return address === undefined ? [] : [{ address, prefixLength: body[1], link: body.readUInt32LE(4) }];
  });
}

/** IPv4 and IPv6, whatever else the kernel has. */
function dump(what: string, type: number, headerSize: number, namespace: string | undefined): Message[] {
  const socket = inNamespace(namespace, () => new NetlinkSocket());
  try {
    return socket
      .request(what, type, NLM_F_DUMP, Buffer.alloc(headerSize))
      .filter(({ body }) => body[0] === AF_INET || body[0] === AF_INET6);
  } finally {
    socket.close();
  }
}
