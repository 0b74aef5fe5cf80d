/** Prints and parses one plain attribute: `ipv4(src=10.0.0.0/255.0.0.0,proto=6,frag=no)`. */
import { NW_FRAG_ANY, NW_FRAG_LATER } from "../../../assembly/layout/key.ts";
import { isZero } from "../flow/flow.ts";
import { type AttributeName, attributes, type Part } from "./attributes.ts";
import { DatapathTextError, items } from "./scan.ts";
import { formatMasked, parseMasked } from "./values.ts";

const FRAG_FULL = NW_FRAG_ANY | NW_FRAG_LATER;
const fragments: Readonly<Record<string, number>> = { no: 0, first: NW_FRAG_ANY, later: FRAG_FULL };

/** A datapath key and the bits of it that count; KEY_SIZE bytes each. */
export interface MaskedKey {
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
}

const of = (bytes: Uint8Array, { offset, bytes: length }: Part): Uint8Array => bytes.subarray(offset, offset + length);

/** "" when nothing of it counts and `verbose` does not want it all the same. */
export function formatAttribute(name: AttributeName, { key, mask }: MaskedKey, verbose: boolean): string {
  const parts: readonly Part[] = attributes[name];
  const shown = parts.filter((part) => verbose || !isZero(of(mask, part)));
  if (shown.every((part) => part.format === "frag" && isZero(of(mask, part)))) return "";
  const texts = shown.map((part) => {
    if (part.format !== "frag")
      return `${part.name}=${formatMasked(of(key, part), of(mask, part), part.format, part.full)}`;
    const value = key[part.offset] & FRAG_FULL;
    return `frag=${Object.keys(fragments).find((word) => fragments[word] === value) ?? "later"}`;
  });
  return `${name}(${texts.join(",")})`;
}

/** @throws DatapathTextError */
export function parseAttribute(name: AttributeName, text: string, { key, mask }: MaskedKey): void {
  const parts: readonly Part[] = attributes[name];
  for (const { name: partName, value } of items(text)) {
    const part = parts.find((candidate) => candidate.name === partName);
    if (!part || value === undefined) throw new DatapathTextError(`${name}(${text}): unknown field ${partName}`);
    if (part.format === "frag") {
      if (fragments[value] === undefined) throw new DatapathTextError(`${value}: frag is no, first or later`);
      key[part.offset] = fragments[value];
      mask[part.offset] = FRAG_FULL;
      continue;
    }
    const parsed = parseMasked(value, part.format, part.bytes, part.full);
    key.set(parsed.value, part.offset);
    mask.set(parsed.mask, part.offset);
  }
}
