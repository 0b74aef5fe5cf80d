/** A bundle: messages that wait to be done together. */
import type { BundleFlags } from "../messages/bundle-control.ts";
import type { Message } from "../messages/list.ts";
import type { Session } from "./session.ts";

export interface BundledMessage {
  readonly message: Message;
  /** As it came, for errors. */
  readonly bytes: Uint8Array;
  readonly xid: number;
}

export interface Bundle extends BundleFlags {
  readonly messages: BundledMessage[];
  /** Bytes of all of them. */
  size: number;
  closed: boolean;
  /** The message that opened it: what an error about its end names. */
  readonly opened: Pick<BundledMessage, "bytes" | "xid">;
  /** When something was last done about it, in milliseconds of the switch's clock. */
  used: number;
}

/** Bundles that nobody has gone on with since then are dropped, and their owner is told. */
export function expireBundles(session: Session, since: number): void {
  for (const [id, { used, opened }] of session.bundles) {
    if (used > since) continue;
    session.bundles.delete(id);
    session.sendError("OFPBFC_TIMEOUT", opened.bytes, opened.xid);
  }
}

/** Bytes that one connection's bundles may take in all. */
export const BUNDLE_LIMIT = 256 << 20;
/** Bundles of one connection. */
export const BUNDLES_LIMIT = 64;
