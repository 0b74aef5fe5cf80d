/** Tunnel fields of the flow key as tests write them: KEY_TUN_ID..KEY_SIZE. */
import {
  KEY_SIZE,
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_IPV6_DST,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_METADATA,
  KEY_TUN_METADATA_PRESENT,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TTL,
  TUN_FLAG_CSUM,
  TUN_FLAG_DF,
  TUN_FLAG_KEY,
} from "../../assembly/layout/key.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";

export interface TunnelFields {
  readonly id: bigint;
  readonly source?: Uint8Array;
  readonly destination: Uint8Array;
  readonly tos?: number;
  readonly ttl?: number;
  readonly dontFragment?: boolean;
  readonly checksum?: boolean;
  /** Bit n: tun_metadata n is there. */
  readonly present?: bigint;
  readonly metadata?: Uint8Array;
}

export function tunnelFields(fields: TunnelFields): Uint8Array {
  const key = new Uint8Array(KEY_SIZE);
  const view = new DataView(key.buffer);
  const { source, destination, dontFragment = true, checksum = true } = fields;
  view.setBigUint64(KEY_TUN_ID, fields.id);
  if (source) key.set(source, source.length === 4 ? KEY_TUN_SRC : KEY_TUN_IPV6_SRC);
  key.set(destination, destination.length === 4 ? KEY_TUN_DST : KEY_TUN_IPV6_DST);
  key[KEY_TUN_FLAGS + 1] = TUN_FLAG_KEY | (dontFragment ? TUN_FLAG_DF : 0) | (checksum ? TUN_FLAG_CSUM : 0);
  key[KEY_TUN_TOS] = fields.tos ?? 0;
  key[KEY_TUN_TTL] = fields.ttl ?? 64;
  view.setBigUint64(KEY_TUN_METADATA_PRESENT, fields.present ?? 0n);
  if (fields.metadata) key.set(fields.metadata, KEY_TUN_METADATA);
  return key.slice(KEY_TUN_ID);
}

/** Output to a tunnel port. */
export function intoTunnel(port: number, fields: TunnelFields): DatapathAction[] {
  const value = tunnelFields(fields);
  const mask = new Uint8Array(value.length).fill(0xff);
  return [
    { type: "set", target: "tunnel", value, mask },
    { type: "output", port },
  ];
}
