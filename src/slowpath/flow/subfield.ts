/**
 * Text of subfields: `NXM_NX_REG13[0..15]`, `NXM_OF_ETH_SRC[]`, `reg0[5]`, `eth_src`.
 */
import type { Field, Subfield } from "./field.ts";
import { fieldByName } from "./fields.ts";

/** Sentences are ovs-ofctl's kind: they name the text that was wrong. */
export class FlowTextError extends Error {}

export function wholeField(field: Field): Subfield {
  return { field, start: 0, bits: field.bits };
}

const form = /^([^[\]]+)(?:\[(?:(\d+)(?:\.\.(\d+))?)?\])?$/;

/** @throws FlowTextError */
export function parseSubfield(text: string): Subfield {
  const parts = form.exec(text.trim());
  if (!parts)
    throw new FlowTextError(`${text}: syntax error parsing field, expected name[start..end], name[bit] or name[]`);
  const [, name, from, to] = parts;
  const field = fieldByName(name);
  if (!field) throw new FlowTextError(`${text}: unknown field '${name}'`);
  if (from === undefined) return wholeField(field);
  const start = Number(from);
  const end = to === undefined ? start : Number(to);
  if (start > end) throw new FlowTextError(`${text}: starting bit ${start} is after ending bit ${end}`);
  if (end >= field.bits) {
    const bit = start >= field.bits ? "starting" : "ending";
    throw new FlowTextError(
      `${text}: ${bit} bit ${bit === "starting" ? start : end} is not valid because field is only ${field.bits} bits wide`,
    );
  }
  return { field, start, bits: end - start + 1 };
}

/** As OVS prints moves, pushes, zones and learn specs: by NXM name, `[]` for the whole field, `[n]` for one bit. */
export function formatSubfield(part: Subfield): string {
  const { field, start, bits } = part;
  if (start === 0 && bits === field.bits) return `${field.nxmName}[]`;
  return bits === 1 ? `${field.nxmName}[${start}]` : `${field.nxmName}[${start}..${start + bits - 1}]`;
}
