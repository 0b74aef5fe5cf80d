/** A bundle: messages that wait to be done together. */
import type { BundleFlags } from "../messages/bundle-control.ts";
import type { Message } from "../messages/list.ts";

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
}

/** Bytes that one connection's bundles may take in all. */
export const BUNDLE_LIMIT = 256 << 20;
/** Bundles of one connection. */
export const BUNDLES_LIMIT = 64;
