/**
 * What: the outer headers that tunnel_push puts on, in text:
 *   `header(size=58,type=5,eth(dst=…,src=…,dl_type=0x0800),ipv4(…),udp(…),geneve(crit,vni=0x2,options({…})))`.
 * Not handled: outer IPv6 options; GRE.
 */
import { TUNNEL_GENEVE, TUNNEL_VXLAN } from "../../../assembly/layout/program.ts";
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from "../flow/address-text.ts";
import { ETH_TYPE_IP } from "../flow/prerequisites.ts";
import { DatapathTextError, hex, integer, items, splitTop } from "./scan.ts";

const ETH = 14;
const UDP = 8;
/** OVS's vport types. */
const VPORT_VXLAN = 4;
const VPORT_GENEVE = 5;

export interface TunnelHeader {
  /** TUNNEL_* of assembly/layout/program.ts. */
  readonly kind: number;
  readonly header: Uint8Array;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** OVS's name of the port that stands for all tunnels of that kind and UDP port. */
export function tunnelPortName({ kind, header }: TunnelHeader): string {
  const l4 = ETH + (view(header).getUint16(12) === ETH_TYPE_IP ? 20 : 40);
  return `${kind === TUNNEL_VXLAN ? "vxlan" : "genev"}_sys_${view(header).getUint16(l4 + 2)}`;
}

export function formatTunnelHeader({ kind, header }: TunnelHeader): string {
  const data = view(header);
  const type = data.getUint16(12);
  const ethernet = `eth(dst=${formatMac(header)},src=${formatMac(header.subarray(6))},dl_type=0x${type.toString(16).padStart(4, "0")})`;
  const l3 = type === ETH_TYPE_IP ? formatOuterIpv4(header.subarray(ETH)) : formatOuterIpv6(header.subarray(ETH));
  const l4 = ETH + (type === ETH_TYPE_IP ? 20 : 40);
  const udp = `udp(src=${data.getUint16(l4)},dst=${data.getUint16(l4 + 2)},csum=${hex(data.getUint16(l4 + 6))})`;
  const tunnel =
    kind === TUNNEL_VXLAN ? formatVxlan(header.subarray(l4 + UDP)) : formatGeneve(header.subarray(l4 + UDP));
  const vport = kind === TUNNEL_VXLAN ? VPORT_VXLAN : VPORT_GENEVE;
  return `header(size=${header.length},type=${vport},${ethernet},${l3},${udp},${tunnel})`;
}

function formatOuterIpv4(ip: Uint8Array): string {
  const [source, destination] = [formatIpv4(ip.subarray(12)), formatIpv4(ip.subarray(16))];
  const frag = view(ip).getUint16(6);
  return `ipv4(src=${source},dst=${destination},proto=${ip[9]},tos=${hex(ip[1])},ttl=${ip[8]},frag=0x${frag.toString(16)})`;
}

function formatOuterIpv6(ip: Uint8Array): string {
  const flow = view(ip).getUint32(0);
  const [source, destination] = [formatIpv6(ip.subarray(8)), formatIpv6(ip.subarray(24))];
  const tclass = ((flow >>> 20) & 0xff).toString(16);
  return `ipv6(src=${source},dst=${destination},label=${flow & 0xfffff},proto=${ip[6]},tclass=0x${tclass},hlimit=${ip[7]})`;
}

const vniAt = (bytes: Uint8Array, at: number): string => `0x${(view(bytes).getUint32(at) >>> 8).toString(16)}`;

function formatVxlan(vxlan: Uint8Array): string {
  return `vxlan(flags=0x${view(vxlan).getUint32(0).toString(16)},vni=${vniAt(vxlan, 4)})`;
}

function formatGeneve(geneve: Uint8Array): string {
  const flags = `${geneve[1] & 0x80 ? "oam," : ""}${geneve[1] & 0x40 ? "crit," : ""}`;
  let options = "";
  const end = 8 + (geneve[0] & 0x3f) * 4;
  for (let at = 8; at + 4 <= end; ) {
    const length = (geneve[at + 3] & 0x1f) * 4;
    const data = geneve.subarray(at + 4, at + 4 + length).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const body = length === 0 ? "" : `,${hex(data)}`;
    options += `{class=0x${view(geneve).getUint16(at).toString(16)},type=0x${geneve[at + 2].toString(16)},len=${length}${body}}`;
    at += 4 + length;
  }
  return `geneve(${flags}vni=${vniAt(geneve, 4)}${end > 8 ? `,options(${options})` : ""})`;
}

type Values = ReadonlyMap<string, string | undefined>;

const valuesOf = (text: string): Values => new Map(items(text).map(({ name, value }) => [name, value]));

/** @throws DatapathTextError */
export function parseTunnelHeader(text: string): TunnelHeader {
  const parts = new Map(items(text).map(({ name, inside, value }) => [name, inside ?? value ?? ""]));
  const part = (name: string): string => {
    const inside = parts.get(name);
    if (inside === undefined) throw new DatapathTextError(`header(${text}): ${name} is missing`);
    return inside;
  };
  const vxlan = parts.has("vxlan");
  const tunnel = vxlan ? parseVxlan(valuesOf(part("vxlan"))) : parseGeneve(part("geneve"));
  const l3 = parts.has("ipv4") ? parseOuterIpv4(valuesOf(part("ipv4"))) : parseOuterIpv6(valuesOf(part("ipv6")));
  const ethernet = valuesOf(part("eth"));
  const udpValues = valuesOf(part("udp"));
  const eth = new Uint8Array(ETH);
  eth.set(need(parseMac(ethernet.get("dst") ?? ""), text), 0);
  eth.set(need(parseMac(ethernet.get("src") ?? ""), text), 6);
  view(eth).setUint16(12, integer(ethernet.get("dl_type"), "dl_type"));
  const udp = new Uint8Array(UDP);
  view(udp).setUint16(0, integer(udpValues.get("src"), "src"));
  view(udp).setUint16(2, integer(udpValues.get("dst"), "dst"));
  view(udp).setUint16(6, integer(udpValues.get("csum"), "csum"));
  const header = Uint8Array.of(...eth, ...l3, ...udp, ...tunnel);
  return { kind: vxlan ? TUNNEL_VXLAN : TUNNEL_GENEVE, header };
}

function need(bytes: Uint8Array | undefined, text: string): Uint8Array {
  if (!bytes) throw new DatapathTextError(`header(${text}): bad address`);
  return bytes;
}

/** Length and checksum are the datapath's to fill in. */
function parseOuterIpv4(values: Values): Uint8Array {
  const ip = new Uint8Array(20);
  ip[0] = 0x45;
  ip[1] = integer(values.get("tos"), "tos");
  view(ip).setUint16(6, integer(values.get("frag"), "frag"));
  ip[8] = integer(values.get("ttl"), "ttl");
  ip[9] = integer(values.get("proto"), "proto");
  ip.set(need(parseIpv4(values.get("src") ?? ""), "ipv4"), 12);
  ip.set(need(parseIpv4(values.get("dst") ?? ""), "ipv4"), 16);
  return ip;
}

function parseOuterIpv6(values: Values): Uint8Array {
  const ip = new Uint8Array(40);
  const tclass = integer(values.get("tclass"), "tclass");
  view(ip).setUint32(0, ((6 << 28) | (tclass << 20) | integer(values.get("label"), "label")) >>> 0);
  ip[6] = integer(values.get("proto"), "proto");
  ip[7] = integer(values.get("hlimit"), "hlimit");
  ip.set(need(parseIpv6(values.get("src") ?? ""), "ipv6"), 8);
  ip.set(need(parseIpv6(values.get("dst") ?? ""), "ipv6"), 24);
  return ip;
}

function parseVxlan(values: Values): Uint8Array {
  const vxlan = new Uint8Array(8);
  view(vxlan).setUint32(0, integer(values.get("flags"), "flags"));
  view(vxlan).setUint32(4, integer(values.get("vni"), "vni") * 256);
  return vxlan;
}

const ETH_TYPE_TRANSPARENT_BRIDGING = 0x6558;

function parseGeneve(text: string): Uint8Array {
  const geneve = new Uint8Array(8);
  view(geneve).setUint16(2, ETH_TYPE_TRANSPARENT_BRIDGING);
  let options: number[] = [];
  for (const { name, value, inside } of items(text)) {
    if (name === "oam") geneve[1] |= 0x80;
    else if (name === "crit") geneve[1] |= 0x40;
    else if (name === "vni") view(geneve).setUint32(4, integer(value, name) * 256);
    else if (name === "options") options = parseGeneveOptions(inside ?? "");
    else throw new DatapathTextError(`geneve(${text}): unknown field ${name}`);
  }
  geneve[0] = options.length / 4;
  return Uint8Array.of(...geneve, ...options);
}

function parseGeneveOptions(text: string): number[] {
  return [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside]) => {
    const values = valuesOf(inside);
    const length = integer(values.get("len"), "len");
    const data = splitTop(inside).find((piece) => !piece.includes("=")) ?? "0";
    const number = BigInt(data);
    const bytes = Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 0xffn));
    const cls = integer(values.get("class"), "class");
    return [cls >> 8, cls & 0xff, integer(values.get("type"), "type"), length / 4, ...bytes];
  });
}
