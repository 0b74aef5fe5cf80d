/**
 * Routes of a network namespace, asked by rtnetlink (linux/rtnetlink.h): which way the outer packets of tunnels go.
 *
 * Not handled: several next hops (the first is told), policy routing tables other than main, default and local.
 */
import { EHOSTUNREACH, ENETUNREACH, SystemCallError } from "./errno.ts";
import { attribute, attributes, attributeU32, type Message, NetlinkSocket, NLM_F_DUMP } from "./netlink.ts";
import { inNamespace } from "./network-namespace.ts";

const RTM_GETROUTE = 26;
const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

/** struct rtmsg: family(1) dst_len(1) src_len(1) tos(1) table(1) protocol(1) scope(1) type(1) flags(4). */
const HEADER_SIZE = 12;
const PREFIX_LENGTH = 1;
const TABLE = 4;
const TYPE = 7;
const FLAGS = 8;
const RTM_F_CLONED = 0x200; // an exception that path MTU discovery made
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const TABLES = new Set([253, 254, 255]); // default, main, local

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_MARK = 16;
/** struct rtnexthop: len(2) flags(1) hops(1) ifindex(4), then attributes. */
const NEXT_HOP_SIZE = 8;

export interface Route {
  /** 4 or 16 bytes: the prefix's first address, all zero for the default route. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  /** Index of the interface it leaves by. */
  readonly interface: number;
  readonly gateway?: Uint8Array;
  /** The address that packets of this host get. */
  readonly source?: Uint8Array;
  /** An address of this host itself. */
  readonly local: boolean;
}

/** Routes of both address families. */
export function listRoutes(namespace?: string): Route[] {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt8(AF_UNSPEC, 0);
  return ask(namespace, (socket) => socket.request("list of routes", RTM_GETROUTE, NLM_F_DUMP, header))
    .filter(isWanted)
    .flatMap(decodeRoute);
}

/** The way to an address (4 or 16 bytes), as the kernel would choose it now; undefined when there is none. */
export function findRoute(address: Uint8Array, mark = 0, namespace?: string): Route | undefined {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt8(address.length === 4 ? AF_INET : AF_INET6, 0);
  header.writeUInt8(address.length * 8, PREFIX_LENGTH);
  const parts = [header, attribute(RTA_DST, address), ...(mark === 0 ? [] : [attributeU32(RTA_MARK, mark)])];
  try {
    const [answer] = ask(namespace, (socket) => socket.request("route to an address", RTM_GETROUTE, 0, ...parts));
    return answer === undefined ? undefined : decodeRoute(answer)[0];
  } catch (error) {
    if (error instanceof SystemCallError && (error.errno === ENETUNREACH || error.errno === EHOSTUNREACH))
      return undefined;
    throw error;
  }
}

function isWanted({ body }: Message): boolean {
  const type = body.readUInt8(TYPE);
  const table = attributes(body.subarray(HEADER_SIZE)).get(RTA_TABLE)?.readUInt32LE(0) ?? body.readUInt8(TABLE);
  return (
    (type === RTN_UNICAST || type === RTN_LOCAL) && TABLES.has(table) && (body.readUInt32LE(FLAGS) & RTM_F_CLONED) === 0
  );
}

function decodeRoute({ body }: Message): Route[] {
  const found = attributes(body.subarray(HEADER_SIZE));
  const hops = found.get(RTA_MULTIPATH);
  const hop = hops && attributes(hops.subarray(NEXT_HOP_SIZE, hops.readUInt16LE(0)));
  const index = found.get(RTA_OIF)?.readUInt32LE(0) ?? hops?.readUInt32LE(4);
  if (index === undefined) return [];
  const bytes = body.readUInt8(0) === AF_INET ? 4 : 16;
  const address = (type: number): Uint8Array | undefined => {
    const value = found.get(type) ?? hop?.get(type);
    return value && Uint8Array.from(value);
  };
  return [
    {
      destination: address(RTA_DST) ?? new Uint8Array(bytes),
      prefixLength: body.readUInt8(PREFIX_LENGTH),
      interface: index,
      gateway: address(RTA_GATEWAY),
      source: address(RTA_PREFSRC),
      local: body.readUInt8(TYPE) === RTN_LOCAL,
    },
  ];
}

function ask<T>(namespace: string | undefined, use: (socket: NetlinkSocket) => T): T {
  const socket = inNamespace(namespace, () => new NetlinkSocket());
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}
