/**
 * The parts of learn(): `FIELD[]` or `FIELD[]=FIELD[]` or `field=value` match, `load:FROM->FIELD[…]` writes, `output:FIELD[…]`.
 * An immediate is kept as big-endian bytes, as many as its bits need, right-aligned.
 */
import type { Subfield } from "../flow/field.ts";
import { fieldByName } from "../flow/fields.ts";
import { bytesOfValue, valueOfBytes } from "../flow/flow.ts";
import { formatSubfield, parseSubfield, wholeField } from "../flow/subfield.ts";
import { formatFieldValue, formatHex, parseFieldValue } from "../flow/value-text.ts";
import type { LearnSpec } from "./action.ts";
import type { FormatOptions, Parser } from "./definition.ts";
import { ActionSyntaxError, parseBigInteger, type Token } from "./scan.ts";
import { splitArrow, writable } from "./set-field.ts";

export function immediateBytes(value: bigint, bits: number): Uint8Array {
  const bytes = new Uint8Array((bits + 7) >> 3);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function immediateValue(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function immediate(text: string, part: Subfield): Uint8Array {
  const value = parseBigInteger(text, (1n << BigInt(part.bits)) - 1n, `value for ${formatSubfield(part)}`);
  return immediateBytes(value, part.bits);
}

/** A source of the same width, or a number, or (for a whole field) a value in the field's own notation. */
function parseSource(text: string, destination: Subfield, parser: Parser): Subfield | Uint8Array {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return immediate(text, destination);
  const name = text.replace(/\[.*$/, "");
  if (fieldByName(name)) {
    const source = parseSubfield(text);
    if (source.bits !== destination.bits) {
      throw new ActionSyntaxError(
        `${formatSubfield(destination)}=${text}: bit widths of ${formatSubfield(destination)} (${destination.bits}) and ${text} (${source.bits}) differ`,
      );
    }
    return source;
  }
  if (destination.start !== 0 || destination.bits !== destination.field.bits) {
    throw new ActionSyntaxError(`${text}: cannot parse integer value`);
  }
  const { value } = parseFieldValue(destination.field, text, parser.context.ports);
  return immediateBytes(valueOfBytes(destination.field, value), destination.bits);
}

export function parseSpec({ key, separator, value }: Token, parser: Parser): LearnSpec {
  if (key === "load" && separator === ":") {
    const [what, where] = splitArrow(value);
    const field = parseSubfield(where);
    writable(field.field, where);
    return { kind: "load", field, from: parseSource(what, field, parser) };
  }
  if (key === "output" && separator === ":") return { kind: "output", from: parseSubfield(value) };
  const name = key.replace(/\[.*$/, "");
  if (!fieldByName(name)) throw new ActionSyntaxError(`${key}: unknown keyword ${key}`);
  const field = key.includes("[") ? parseSubfield(key) : wholeField(fieldByName(name)!);
  if (separator !== "=") return { kind: "match", field, from: field };
  return { kind: "match", field, from: parseSource(value, field, parser) };
}

function hex(bytes: Uint8Array): string {
  return formatHex(immediateValue(bytes));
}

function isWhole(part: Subfield): boolean {
  return part.start === 0 && part.bits === part.field.bits;
}

export function formatSpec(spec: LearnSpec, options: FormatOptions): string {
  if (spec.kind === "output") return `output:${formatSubfield(spec.from)}`;
  const { kind, field, from } = spec;
  if (kind === "load") {
    return `load:${from instanceof Uint8Array ? hex(from) : formatSubfield(from)}->${formatSubfield(field)}`;
  }
  if (!(from instanceof Uint8Array)) {
    const same = from.field === field.field && from.start === field.start;
    return same ? formatSubfield(field) : `${formatSubfield(field)}=${formatSubfield(from)}`;
  }
  if (!isWhole(field)) return `${formatSubfield(field)}=${hex(from)}`;
  const value = bytesOfValue(field.field, immediateValue(from));
  return `${field.field.name}=${formatFieldValue(field.field, value, undefined, options.ports)}`;
}
