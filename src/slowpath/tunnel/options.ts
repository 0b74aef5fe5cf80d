/**
 * Options of a tunnel interface, by the names they have in OVSDB (ovs-vswitchd.conf.db(5), "Tunnel Options").
 *
 * Not handled, and refused with a sentence: egress_pkt_mark, exts (VXLAN-GBP), psk and its like (IPsec: set it up on the
 *   underlay, the outer packets pass the kernel), packet types other than legacy_l2.
 */
import type { TunnelKind } from "../../fastpath/datapath.ts";
import { parseIpv4, parseIpv6 } from "../flow/address-text.ts";
import type { TunnelPort } from "../translate/bridge.ts";

export type TunnelOptions = ReadonlyMap<string, string>;

export interface TunnelConfiguration {
  readonly kind: TunnelKind;
  readonly destinationPort: number;
  /** Packets with this key come in here. */
  readonly inKey: bigint | "flow" | "none";
  /** How packets leave; `remote` and `local` also say which come in here. */
  readonly port: TunnelPort;
}

export const DEFAULT_PORT: Readonly<Record<TunnelKind, number>> = { geneve: 6081, vxlan: 4789 };
const KNOWN = new Set(
  "remote_ip local_ip in_key out_key key tos ttl df_default csum dst_port packet_type remote_name".split(" "),
);
const LARGEST_KEY = 0xff_ffffn;

/** @throws an error whose message says, in a sentence, what is wrong with the options of the interface `name`. */
export function readTunnelOptions(name: string, kind: TunnelKind, options: TunnelOptions): TunnelConfiguration {
  const wrong = (what: string): Error => new Error(`${name}: ${what}`);
  for (const option of options.keys()) {
    if (!KNOWN.has(option)) throw wrong(`${kind} option '${option}' is not supported`);
  }
  const packetType = options.get("packet_type");
  if (packetType !== undefined && packetType !== "legacy_l2") throw wrong(`packet_type ${packetType} is not supported`);
  const remote = address(options.get("remote_ip"));
  if (remote === undefined) throw wrong(`${kind} type requires valid 'remote_ip' argument`);
  const localText = options.get("local_ip");
  const local = address(localText);
  if (localText !== undefined && local === undefined) throw wrong(`bad ${kind} 'local_ip'`);
  if (local instanceof Uint8Array && remote instanceof Uint8Array && local.length !== remote.length) {
    throw wrong("remote_ip and local_ip are of different address families");
  }
  const key = (option: string): bigint | "flow" | "none" => readKey(options.get(option) ?? options.get("key"), wrong);
  return {
    kind,
    destinationPort: number("dst_port", options.get("dst_port"), 1, 65535, wrong) ?? DEFAULT_PORT[kind],
    inKey: key("in_key"),
    port: {
      remote,
      ...(local !== undefined && { local }),
      key: key("out_key"),
      tos: orInherit("tos", options.get("tos"), wrong),
      ttl: orInherit("ttl", options.get("ttl"), wrong),
      dontFragment: options.get("df_default") !== "false",
      checksum: options.get("csum") === "true",
    },
  };
}

/** 4 or 16 bytes. */
function address(text: string | undefined): Uint8Array | "flow" | undefined {
  if (text === undefined || text === "flow") return text;
  return parseIpv4(text) ?? parseIpv6(text);
}

function readKey(text: string | undefined, wrong: (what: string) => Error): bigint | "flow" | "none" {
  if (text === undefined) return "none";
  if (text === "flow") return "flow";
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || BigInt(text) > LARGEST_KEY) {
    throw wrong(`key ${text} is neither "flow" nor a number up to 16777215`);
  }
  return BigInt(text);
}

function orInherit(option: string, text: string | undefined, wrong: (what: string) => Error): number | "inherit" {
  return text === "inherit" ? text : (number(option, text, 0, 255, wrong) ?? 0);
}

function number(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
  wrong: (what: string) => Error,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw wrong(`${option} ${text} is not a number from ${least} to ${most}`);
  return value;
}
