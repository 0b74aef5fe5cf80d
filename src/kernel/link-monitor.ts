/**
 * News of interfaces: deleted, set up or down, changed; in this thread's network namespace and in those it knows by an id.
 *
 * What: one rtnetlink socket, read when its descriptor is readable. The kernel gives a namespace an id when an interface
 *   is moved there, so the TAP devices that were handed out are heard of without a socket in their namespaces, which
 *   would keep those alive.
 * Invariants: notifications may be lost when there are too many at once; then `lost` is reported and all must be asked again.
 */

import { check } from "./errno.ts";
import { decodeLink, type Link, RTM_DELLINK, RTM_NEWLINK } from "./link.ts";
import { attributes, type Message, NetlinkSocket } from "./netlink.ts";
import { addressOf, argument, setsockopt } from "./system-calls.ts";

const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_LISTEN_ALL_NSID = 8;
const RTNLGRP_LINK = 1;
const RTNLGRP_NSID = 28;
const RTM_DELNSID = 89;
const NETNSA_NSID = 1;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER = 1 << 20;

export type LinkNews =
  /** `namespaceId` undefined: the monitor's own namespace. */
  | { readonly kind: "changed" | "deleted"; readonly link: Link; readonly namespaceId?: number }
  | { readonly kind: "namespace deleted"; readonly namespaceId: number }
  | { readonly kind: "lost" };

export class LinkMonitor {
  readonly #socket = new NetlinkSocket();

  constructor() {
    const size = argument(4);
    size.writeInt32LE(RECEIVE_BUFFER);
    check(
      setsockopt(this.#socket.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, addressOf(size), 4),
      "receive buffer of the link monitor",
    );
    this.#socket.bind();
    this.#socket.setOption(NETLINK_LISTEN_ALL_NSID, 1);
    this.#socket.setOption(NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK);
    this.#socket.setOption(NETLINK_ADD_MEMBERSHIP, RTNLGRP_NSID);
  }

  /** Readable when there is news. */
  get descriptor(): number {
    return this.#socket.descriptor;
  }

  /** All news since the last call, oldest first. */
  read(): LinkNews[] {
    const news: LinkNews[] = [];
    for (;;) {
      const messages = this.#socket.receive();
      if (messages === undefined) return news;
      if (messages === "lost") {
        news.push({ kind: "lost" });
        continue;
      }
      for (const message of messages) {
        const item = interpret(message);
        if (item !== undefined) news.push(item);
      }
    }
  }

  close(): void {
    this.#socket.close();
  }
}

function interpret(message: Message): LinkNews | undefined {
  const { namespaceId } = message;
  if (message.type === RTM_NEWLINK) return { kind: "changed", link: decodeLink(message), namespaceId };
  if (message.type === RTM_DELLINK) return { kind: "deleted", link: decodeLink(message), namespaceId };
  if (message.type !== RTM_DELNSID || namespaceId !== undefined) return undefined;
  const deleted = attributes(message.body.subarray(4)).get(NETNSA_NSID)?.readInt32LE(0);
  return deleted === undefined ? undefined : { kind: "namespace deleted", namespaceId: deleted };
}
