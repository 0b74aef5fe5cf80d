/**
 * Interfaces of a network namespace, asked and changed by rtnetlink (linux/rtnetlink.h, linux/if_link.h).
 *
 * What: each call opens a socket in the namespace and closes it again, so that no namespace is kept alive.
 */
import { ENODEV, SystemCallError } from "./errno.ts";
import {
  attribute,
  attributeString,
  attributes,
  attributeU32,
  type Message,
  NetlinkSocket,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
} from "./netlink.ts";
import { inNamespace, withNamespaceDescriptor } from "./network-namespace.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETNSID = 90;
const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

const IFINFO_SIZE = 16;
const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_TXQLEN = 13;
const IFLA_STATS64 = 23;
/** Of struct rtnl_link_stats64: rx and tx packets, bytes, errors, rx_dropped before it. */
const STATS64_TX_DROPPED = 56;
const IFLA_NET_NS_FD = 28;
const IFLA_NEW_NETNSID = 45;
const IFLA_NEW_IFINDEX = 49;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 0x02;

const NETNSA_NSID = 1;
const NETNSA_FD = 3;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** Up by configuration. */
  readonly up: boolean;
  /** The other side is there. */
  readonly carrier: boolean;
  readonly mtu: number;
  /** "0a:00:00:00:00:01"; undefined without a link-layer address. */
  readonly mac?: string;
  /** Where a link that is going has moved to. */
  readonly movedTo?: { readonly namespaceId: number; readonly index: number };
}

export interface LinkSettings {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  readonly name?: string;
  /** Frames the interface queues for its reader (TAP) or for the wire. */
  readonly queueLength?: number;
  /** A path, or a name under /run/netns: the interface moves there, and is down there. */
  readonly namespace?: string;
}

/** The link an RTM_NEWLINK or RTM_DELLINK message is about. */
export function decodeLink(message: Message): Link {
  const { body } = message;
  const found = attributes(body.subarray(IFINFO_SIZE));
  const flags = body.readUInt32LE(8);
  const index = body.readInt32LE(4);
  const namespaceId = found.get(IFLA_NEW_NETNSID)?.readInt32LE(0);
  return {
    index,
    name: found.get(IFLA_IFNAME)?.toString("latin1").replace(/\0.*$/, "") ?? "",
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    mtu: found.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    mac: found.get(IFLA_ADDRESS)?.toString("hex").match(/../g)?.join(":"),
    movedTo:
      namespaceId === undefined
        ? undefined
        : { namespaceId, index: found.get(IFLA_NEW_IFINDEX)?.readInt32LE(0) ?? index },
  };
}

/** The interface of that name, or undefined when the namespace (this thread's without one) has none. */
export function findLink(name: string, namespace?: string): Link | undefined {
  const answer = queryLink(name, namespace);
  return answer && decodeLink(answer);
}

/** Frames that were sent by the interface and that it had no room for, so far; 0 when it is not there. */
export function transmitDrops(name: string, namespace?: string): number {
  const answer = queryLink(name, namespace);
  const statistics = answer && attributes(answer.body.subarray(IFINFO_SIZE)).get(IFLA_STATS64);
  return Number(statistics?.readBigUInt64LE(STATS64_TX_DROPPED) ?? 0);
}

function queryLink(name: string, namespace?: string): Message | undefined {
  try {
    const [answer] = withSocket(namespace, (socket) =>
      socket.request(`query of interface ${name}`, RTM_GETLINK, 0, ifinfo(0), attributeString(IFLA_IFNAME, name)),
    );
    return answer;
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === ENODEV) return undefined;
    throw error;
  }
}

/** Every interface of the namespace. */
export function listLinks(namespace?: string): Link[] {
  return withSocket(namespace, (socket) =>
    socket.request("list of interfaces", RTM_GETLINK, NLM_F_DUMP, ifinfo(0)),
  ).map(decodeLink);
}

/** Changes the interface `name`; `namespace` says where it is now. */
export function setLink(name: string, settings: LinkSettings, namespace?: string): void {
  const parts: Buffer[] = [ifinfo(0, settings.up), attributeString(IFLA_IFNAME, name)];
  if (settings.mtu !== undefined) parts.push(attributeU32(IFLA_MTU, settings.mtu));
  if (settings.queueLength !== undefined) parts.push(attributeU32(IFLA_TXQLEN, settings.queueLength));
  if (settings.mac !== undefined) parts.push(attribute(IFLA_ADDRESS, parseMac(settings.mac)));
  if (settings.name !== undefined) {
    const link = findLink(name, namespace);
    if (link === undefined) throw new SystemCallError(`rename of ${name}`, ENODEV);
    parts[0]!.writeInt32LE(link.index, 4);
    parts[1] = attributeString(IFLA_IFNAME, settings.name);
  }
  const change = (): unknown =>
    withSocket(namespace, (socket) => socket.request(`change of interface ${name}`, RTM_NEWLINK, 0, ...parts));
  if (settings.namespace === undefined) change();
  else {
    withNamespaceDescriptor(settings.namespace, (descriptor) => {
      parts.push(attributeU32(IFLA_NET_NS_FD, descriptor));
      change();
    });
  }
}

/** Deletes an interface: both ends of a veth. */
export function deleteLink(name: string, namespace?: string): void {
  withSocket(namespace, (socket) =>
    socket.request(`deletion of ${name}`, RTM_DELLINK, 0, ifinfo(0), attributeString(IFLA_IFNAME, name)),
  );
}

/** Gives an interface an address: 4 or 16 bytes. IPv6 addresses are usable at once (no duplicate address detection). */
export function addAddress(name: string, address: Uint8Array, prefixLength: number, namespace?: string): void {
  const link = findLink(name, namespace);
  if (link === undefined) throw new SystemCallError(`address of ${name}`, ENODEV);
  const header = Buffer.alloc(8); // struct ifaddrmsg: family, prefixlen, flags, scope, index
  header.writeUInt8(address.length === 4 ? AF_INET : AF_INET6, 0);
  header.writeUInt8(prefixLength, 1);
  header.writeUInt32LE(link.index, 4);
  const parts = [header, attribute(IFA_LOCAL, address), attribute(IFA_ADDRESS, address)];
  if (address.length === 16) parts.push(attributeU32(IFA_FLAGS, IFA_F_NODAD));
  withSocket(namespace, (socket) =>
    socket.request(`address of ${name}`, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ...parts),
  );
}

/** The id by which this thread's namespace knows another one in link notifications; undefined when it has none yet. */
export function namespaceId(namespace: string): number | undefined {
  return withNamespaceDescriptor(namespace, (descriptor) => {
    const [answer] = withSocket(undefined, (socket) =>
      socket.request(`id of ${namespace}`, RTM_GETNSID, 0, Buffer.alloc(4), attributeU32(NETNSA_FD, descriptor)),
    );
    const id = answer && attributes(answer.body.subarray(4)).get(NETNSA_NSID)?.readInt32LE(0);
    return id === undefined || id < 0 ? undefined : id;
  });
}

/** struct ifinfomsg: family(1) pad(1) type(2) index(4) flags(4) change(4). */
function ifinfo(index: number, up?: boolean): Buffer {
  const header = Buffer.alloc(IFINFO_SIZE);
  header.writeUInt8(AF_UNSPEC, 0);
  header.writeInt32LE(index, 4);
  if (up !== undefined) {
    header.writeUInt32LE(up ? IFF_UP : 0, 8);
    header.writeUInt32LE(IFF_UP, 12);
  }
  return header;
}

function parseMac(mac: string): Buffer {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) throw new Error(`"${mac}" is not a MAC address`);
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

function withSocket<T>(namespace: string | undefined, use: (socket: NetlinkSocket) => T): T {
  const socket = inNamespace(namespace, () => new NetlinkSocket());
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}
