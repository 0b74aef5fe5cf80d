/** Keys and masks of the rig's megaflows. */
import {
  CT_STATE_ESTABLISHED,
  CT_STATE_NEW,
  CT_STATE_TRACKED,
  KEY_CT_STATE,
  KEY_DP_HASH,
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_NW_DST,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_RECIRC_ID,
  KEY_SIZE,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
} from "../../assembly/layout/key.ts";
import { FIRST_FLOW, SOURCE_BASE } from "./packet-source.ts";

export interface Megaflow {
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
}

const TRACKED_BITS = CT_STATE_NEW | CT_STATE_ESTABLISHED | CT_STATE_TRACKED;

export interface PassMatch {
  readonly port: number;
  readonly recirculation?: number;
  readonly tracked?: "new" | "established";
  readonly dpHash?: { readonly value: number; readonly mask: number };
}

/** All TCP packets of a port in one pass. */
export function passOf({ port, recirculation = 0, tracked, dpHash }: PassMatch): Megaflow {
  const key = new Uint8Array(KEY_SIZE);
  const mask = new Uint8Array(KEY_SIZE);
  const view = new DataView(key.buffer);
  view.setUint32(KEY_RECIRC_ID, recirculation);
  view.setUint32(KEY_IN_PORT, port);
  mask.fill(0xff, 0, KEY_IN_PORT + 4);
  view.setUint16(KEY_ETH_TYPE, 0x0800);
  key[KEY_NW_PROTO] = 6;
  mask.fill(0xff, KEY_ETH_TYPE, KEY_NW_PROTO + 1);
  if (tracked !== undefined) {
    view.setUint16(KEY_CT_STATE, CT_STATE_TRACKED | (tracked === "new" ? CT_STATE_NEW : CT_STATE_ESTABLISHED));
    new DataView(mask.buffer).setUint16(KEY_CT_STATE, TRACKED_BITS);
  }
  if (dpHash !== undefined) {
    view.setUint32(KEY_DP_HASH, dpHash.value);
    new DataView(mask.buffer).setUint32(KEY_DP_HASH, dpHash.mask);
  }
  return { key, mask };
}

/**
 * The packets of one flow of the source, or of `shared` neighbours (a power of two, whose first it is), and nothing else. `variant`
 * makes masks differ: in the TCP flags they look at.
 */
export function flowOf(flow: number, port: number, variant = 0, shared = 1): Megaflow {
  const { key, mask } = passOf({ port });
  const view = new DataView(key.buffer);
  view.setUint32(KEY_NW_SRC, SOURCE_BASE + flow);
  view.setUint32(KEY_NW_DST, FIRST_FLOW.destination);
  view.setUint16(KEY_TP_SRC, FIRST_FLOW.sourcePort);
  view.setUint16(KEY_TP_DST, FIRST_FLOW.destinationPort);
  view.setUint16(KEY_TCP_FLAGS, FIRST_FLOW.flags & variant);
  mask.fill(0xff, KEY_NW_SRC, KEY_NW_DST + 4);
  new DataView(mask.buffer).setUint32(KEY_NW_SRC, 0x1_0000_0000 - shared);
  mask.fill(0xff, KEY_TP_SRC, KEY_TP_DST + 2);
  new DataView(mask.buffer).setUint16(KEY_TCP_FLAGS, variant);
  return { key, mask };
}
