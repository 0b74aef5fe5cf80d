/**
 * Which tunnel port a packet came in by: many of them share one port of the datapath.
 *
 * What: ports by what they ask of a packet: its key, the other end's address, this end's. The most particular one wins: a port
 *   for the key before one for any key, then by the other end, then by this end.
 * Cost: up to twelve look-ups of a short string, once a translation.
 */
import {
  KEY_IN_PORT,
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_IPV6_DST,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  TUN_FLAG_CSUM,
  TUN_FLAG_DF,
  TUN_FLAG_KEY,
} from "../../../assembly/layout/key.ts";
import { isZero } from "../flow/flow.ts";
import type { TunnelConfiguration } from "./options.ts";

const ANY = "any";
const BY_FLOW = "flow";

export class TunnelTable<Owner> {
  readonly #owners = new Map<string, Owner>();

  /** The one that packets for this configuration go to already. */
  holder(datapathPort: number, configuration: TunnelConfiguration): Owner | undefined {
    return this.#owners.get(entryOf(datapathPort, configuration));
  }

  add(datapathPort: number, configuration: TunnelConfiguration, owner: Owner): void {
    this.#owners.set(entryOf(datapathPort, configuration), owner);
  }

  delete(datapathPort: number, configuration: TunnelConfiguration): void {
    this.#owners.delete(entryOf(datapathPort, configuration));
  }

  /** @param key KEY_SIZE bytes: in_port and tunnel fields */
  find(key: Uint8Array): Owner | undefined {
    if (this.#owners.size === 0) return undefined;
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    const port = view.getUint32(KEY_IN_PORT);
    const [source, destination] = addresses(key);
    // The packet's source is the tunnel's other end.
    for (const id of [view.getBigUint64(KEY_TUN_ID).toString(), BY_FLOW]) {
      for (const remote of [source, BY_FLOW]) {
        for (const local of [destination, ANY, BY_FLOW]) {
          const owner = this.#owners.get(`${port}|${id}|${remote}|${local}`);
          if (owner !== undefined) return owner;
        }
      }
    }
    return undefined;
  }
}

/** Marks what `find` looked at, and what every datapath flow of a tunnel says: its flags and its TOS. */
export function markTunnelLookup(wildcards: Uint8Array, key: Uint8Array): void {
  wildcards.fill(0xff, KEY_TUN_ID, KEY_TUN_ID + 8);
  if (isIpv4(key)) wildcards.fill(0xff, KEY_TUN_SRC, KEY_TUN_DST + 4);
  else wildcards.fill(0xff, KEY_TUN_IPV6_SRC, KEY_TUN_IPV6_DST + 16);
  wildcards[KEY_TUN_FLAGS + 1] |= TUN_FLAG_DF | TUN_FLAG_CSUM | TUN_FLAG_KEY;
  wildcards[KEY_TUN_TOS] = 0xff;
}

function entryOf(datapathPort: number, { inKey, port }: TunnelConfiguration): string {
  const id = inKey === "none" ? "0" : inKey.toString();
  const remote = port.remote === "flow" ? BY_FLOW : hex(port.remote);
  const local = port.local === undefined ? ANY : port.local === "flow" ? BY_FLOW : hex(port.local);
  return `${datapathPort}|${id}|${remote}|${local}`;
}

function addresses(key: Uint8Array): [source: string, destination: string] {
  return isIpv4(key)
    ? [hex(key.subarray(KEY_TUN_SRC, KEY_TUN_SRC + 4)), hex(key.subarray(KEY_TUN_DST, KEY_TUN_DST + 4))]
    : [
        hex(key.subarray(KEY_TUN_IPV6_SRC, KEY_TUN_IPV6_SRC + 16)),
        hex(key.subarray(KEY_TUN_IPV6_DST, KEY_TUN_IPV6_DST + 16)),
      ];
}

const isIpv4 = (key: Uint8Array): boolean => !isZero(key.subarray(KEY_TUN_DST, KEY_TUN_DST + 4));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
