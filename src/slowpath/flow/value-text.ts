/**
 * What: a field's value (and mask) in text, as set_field, learn specs and traces show it; matches differ a little
 *   (match-text.ts). Bytes are as they lie in a flow, `field.bytes` long.
 */
import { NW_FRAG_ANY, NW_FRAG_LATER } from "../../../assembly/layout/key.ts";
import { formatAddress, formatMac, parseAddress, parseMac } from "./address-text.ts";
import type { Field } from "./field.ts";
import {
  ctStateNames,
  formatFlags,
  formatMaskedFlags,
  parseFlags,
  tcpFlagNames,
  tunnelFlagNames,
} from "./flag-text.ts";
import { bytesOfValue, fieldMask, isZero, sameBytes, valueOfBytes } from "./flow.ts";
import { formatPort, type PortNames, parsePort } from "./port-text.ts";
import { FlowTextError } from "./subfield.ts";

export interface FieldValue {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
}

const FRAG_MASK = NW_FRAG_ANY | NW_FRAG_LATER;
/** Name, value, mask. */
const fragments: readonly (readonly [string, number, number])[] = [
  ["no", 0, FRAG_MASK],
  ["yes", NW_FRAG_ANY, NW_FRAG_ANY],
  ["first", NW_FRAG_ANY, FRAG_MASK],
  ["later", FRAG_MASK, FRAG_MASK],
  ["not_later", 0, NW_FRAG_LATER],
];

const flagNames: Partial<Record<Field["format"], readonly [readonly string[], string]>> = {
  ct_state: [ctStateNames, "ct_state"],
  tcp_flags: [tcpFlagNames, "TCP"],
  tunnel_flags: [tunnelFlagNames, "tunnel"],
};

/** Decimal, 0x-hexadecimal, 0-octal, and -1 as C's strtoull takes it. undefined: not a number. */
export function parseInteger(text: string): bigint | undefined {
  if (/^0x[0-9a-f]+$/i.test(text) || /^([1-9]\d*|0)$/.test(text)) return BigInt(text);
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  if (/^-\d+$/.test(text)) return BigInt.asUintN(64, BigInt(text));
  return undefined;
}

export function formatHex(value: bigint | number): string {
  return value === 0 || value === 0n ? "0" : `0x${value.toString(16)}`;
}

/** @throws FlowTextError when the text is not a value of the field. */
export function parseFieldValue(field: Field, text: string, ports?: PortNames): FieldValue {
  if (text === "*" || (text === "ANY" && field.format !== "port")) {
    return { value: new Uint8Array(field.bytes), mask: new Uint8Array(field.bytes) };
  }
  const parsed = parseUnchecked(field, text, ports);
  if (!field.maskable && !sameBytes(parsed.mask, fieldMask(field))) {
    throw new FlowTextError(`${text}: invalid mask for field ${field.name}`);
  }
  return { value: parsed.value.map((byte, i) => byte & parsed.mask[i]), mask: parsed.mask };
}

function parseUnchecked(field: Field, text: string, ports?: PortNames): FieldValue {
  switch (field.format) {
    case "mac": {
      const [address, mask = "ff:ff:ff:ff:ff:ff"] = text.split("/").map((part) => part.trim());
      const value = parseMac(address);
      const bits = parseMac(mask);
      if (!value || !bits) throw new FlowTextError(`${text}: invalid Ethernet address`);
      return { value, mask: bits };
    }
    case "ipv4":
    case "ipv6": {
      const parsed = parseAddress(text, field.bytes as 4 | 16);
      if (!parsed) throw new FlowTextError(`${text}: invalid ${field.format === "ipv4" ? "IP" : "IPv6"} address`);
      return { value: parsed.address, mask: parsed.mask };
    }
    case "port": {
      const port = parsePort(text, ports);
      if (port === undefined) throw new FlowTextError(`${text}: invalid or unknown port for ${field.name}`);
      return { value: bytesOfValue(field, BigInt(port)), mask: fieldMask(field) };
    }
    case "frag": {
      const known = fragments.find(([name]) => name === text.toLowerCase());
      if (!known) {
        throw new FlowTextError(
          `${text}: unknown fragment type (valid types are "no", "yes", "first", "later", "not_later")`,
        );
      }
      return { value: Uint8Array.of(known[1]), mask: Uint8Array.of(known[2]) };
    }
    case "ct_state":
    case "tcp_flags":
    case "tunnel_flags": {
      const [names, title] = flagNames[field.format]!;
      const { flags, mask } = parseFlags(text, names, title);
      return { value: bytesOfValue(field, BigInt(flags)), mask: bytesOfValue(field, BigInt(mask)) };
    }
    case "packet_type": {
      const parts = /^\((0x[0-9a-f]+|\d+),(0x[0-9a-f]+|\d+)\)$/i.exec(text);
      if (!parts) throw new FlowTextError(`${text}: bad syntax for packet type, expected (ns,ns_type)`);
      const value = (BigInt(parts[1]) << 16n) | BigInt(parts[2]);
      return { value: bytesOfValue(field, value), mask: fieldMask(field) };
    }
  }
  return parseMaskedInteger(field, text);
}

function parseMaskedInteger(field: Field, text: string): FieldValue {
  const [valueText, maskText, more] = text.split("/");
  const value = integerOf(field, text, valueText, "value");
  if (maskText === undefined) return { value: bytesOfValue(field, value), mask: fieldMask(field) };
  if (more !== undefined) throw new FlowTextError(`${text}: bad syntax for ${field.name} mask`);
  const mask = bytesOfValue(field, integerOf(field, text, maskText, "mask"));
  const all = fieldMask(field);
  return { value: bytesOfValue(field, value), mask: mask.map((byte, i) => byte & all[i]) };
}

function integerOf(field: Field, text: string, part: string, what: "value" | "mask"): bigint {
  const value = parseInteger(part);
  if (value === undefined) throw new FlowTextError(`${text}: bad syntax for ${field.name} ${what}`);
  // A mask may have ones past the field (0xffff for 12 bits), a value may not have any past its bytes.
  const room = what === "mask" ? BigInt(field.bytes * 8) : BigInt(field.bits);
  if (value >> room && !(what === "mask" && part.startsWith("-"))) {
    throw new FlowTextError(`${text}: ${what} too large for ${field.bits}-bit field ${field.name}`);
  }
  return value;
}

/** As OVS prints `set_field:VALUE[/MASK]->…`. */
export function formatFieldValue(field: Field, value: Uint8Array, mask?: Uint8Array, ports?: PortNames): string {
  if (mask && isZero(mask)) return "ANY";
  const exact = !mask || sameBytes(mask, fieldMask(field));
  const number = valueOfBytes(field, value);
  const ones = exact ? valueOfBytes(field, fieldMask(field)) : valueOfBytes(field, mask);
  switch (field.format) {
    case "mac":
      return exact ? formatMac(value) : `${formatMac(value)}/${formatMac(mask)}`;
    case "ipv4":
    case "ipv6":
      return formatAddress(value, mask);
    case "frag":
      return fragments.find(([, v, m]) => v === (value[0] & Number(ones)) && m === Number(ones))?.[0] ?? "<error>";
    case "ct_state":
    case "tcp_flags":
    case "tunnel_flags": {
      const names = flagNames[field.format]![0];
      const whole = exact || Number(ones) === (1 << names.length) - 1;
      return whole ? formatFlags(names, Number(number)) : formatMaskedFlags(names, Number(number), Number(ones));
    }
    case "packet_type":
      return `(${Number(number >> 16n)},${formatHex(number & 0xffffn)})`;
    case "port":
      if (exact) return formatPort(Number(number & 0xffffn), ports);
      break;
    case "decimal":
      return exact ? number.toString() : `${number}/${formatHex(ones)}`;
  }
  return exact ? formatHex(number) : `${formatHex(number)}/${formatHex(ones)}`;
}
