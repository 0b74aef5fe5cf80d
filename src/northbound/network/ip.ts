/** IPv4 and IPv6 addresses and networks as numbers and as canonical text (RFC 5952). */
import ipaddr from "ipaddr.js";
import { macNumber } from "./mac.ts";

export type Family = 4 | 6;

export interface Address {
  readonly family: Family;
  readonly value: bigint;
  readonly text: string;
}

/** An address with the length of its network's prefix: 10.0.0.5/24 keeps the 5. */
export interface Network {
  readonly address: Address;
  readonly prefix: number;
}

export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

export function makeAddress(family: Family, value: bigint): Address {
  return { family, value, text: family === 4 ? formatIpv4(value) : formatIpv6(value) };
}

export function parseAddress(text: string): Address | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

export function parseIpv4(text: string): Address | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return makeAddress(4, fromBytes(ipaddr.IPv4.parse(text).toByteArray()));
}

export function parseIpv6(text: string): Address | undefined {
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return makeAddress(6, fromBytes(ipaddr.IPv6.parse(text).toByteArray()));
}

/** "ADDRESS" (a host) or "ADDRESS/PREFIX"; IPv4 also takes a dotted mask, if it is a prefix. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const bits = addressBits(address.family);
  if (slash < 0) return { address, prefix: bits };
  const length = text.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : dottedMaskPrefix(length);
  return prefix === undefined || prefix > bits || prefix < 0 ? undefined : { address, prefix };
}

function dottedMaskPrefix(text: string): number | undefined {
  const mask = parseIpv4(text);
  if (!mask) return undefined;
  const bits = mask.value.toString(2).padStart(32, "0");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

export function maskOf(family: Family, prefix: number): bigint {
  const bits = BigInt(addressBits(family));
  return ((1n << BigInt(prefix)) - 1n) << (bits - BigInt(prefix));
}

export function networkAddress({ address, prefix }: Network): Address {
  return makeAddress(address.family, address.value & maskOf(address.family, prefix));
}

/** RFC 919 section 7: all host bits set. Networks of one or two hosts have none. */
export function broadcastAddress({ address, prefix }: Network): Address | undefined {
  if (address.family === 6 || prefix >= 31) return undefined;
  return makeAddress(4, address.value | (~maskOf(4, prefix) & 0xffffffffn));
}

export function contains(network: Network, address: Address): boolean {
  if (network.address.family !== address.family) return false;
  const mask = maskOf(address.family, network.prefix);
  return (network.address.value & mask) === (address.value & mask);
}

/** "10.0.0.0/24", or the bare address when the prefix covers all of it. */
export function formatNetwork(network: Network): string {
  const { text, family } = networkAddress(network);
  return network.prefix === addressBits(family) ? text : `${text}/${network.prefix}`;
}

/** fe80::/64 with the modified EUI-64 of an Ethernet address (RFC 4291 appendix A). */
export function linkLocalAddress(mac: string): Address {
  const bits = macNumber(mac);
  const identifier = ((bits >> 24n) << 40n) | (0xfffen << 24n) | (bits & 0xffffffn);
  return makeAddress(6, (0xfe80n << 112n) | (identifier ^ (1n << 57n)));
}

/** ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1). */
export function solicitedNodeAddress(address: Address): Address {
  return makeAddress(6, 0xff0200000000000000000001ff000000n | (address.value & 0xffffffn));
}

export function addressBytes({ family, value }: Address): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

export function addressFromBytes(bytes: Uint8Array): Address {
  return makeAddress(bytes.length === 4 ? 4 : 6, fromBytes([...bytes]));
}

function fromBytes(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  return new ipaddr.IPv6(groups).toRFC5952String();
}
