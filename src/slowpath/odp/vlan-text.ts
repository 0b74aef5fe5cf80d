/** VLAN and MPLS headers in datapath text: `vid=10,pcp=0`, `label=100,tc=0,ttl=64,bos=1`. */
import { VLAN_CFI } from "../../../assembly/layout/key.ts";
import { DatapathTextError, integer, items } from "./scan.ts";

/** What `vlan(…)` and `push_vlan(…)` hold. */
export function formatTci(tci: number, mask: number, verbose: boolean): string {
  const parts: string[] = [];
  const field = (name: string, shift: number, width: number): void => {
    const ones = (1 << width) - 1;
    const value = (tci >> shift) & ones;
    const known = (mask >> shift) & ones;
    if (!verbose && value === 0 && known === 0) return;
    parts.push(`${name}=${value}${known === ones ? "" : `/0x${known.toString(16)}`}`);
  };
  field("vid", 0, 12);
  field("pcp", 13, 3);
  if ((tci & VLAN_CFI) === 0) parts.push("cfi=0");
  return parts.join(",");
}

/** @throws DatapathTextError */
export function parseTci(text: string): { tci: number; mask: number } {
  let tci = VLAN_CFI;
  let mask = VLAN_CFI;
  const places: Readonly<Record<string, readonly [shift: number, width: number]>> = { vid: [0, 12], pcp: [13, 3] };
  for (const { name, value } of items(text)) {
    if (name === "tpid") continue;
    if (name === "cfi") {
      tci &= value === "0" ? ~VLAN_CFI : 0xffff;
      continue;
    }
    const place = places[name];
    if (!place) throw new DatapathTextError(`vlan(${text}): unknown field ${name}`);
    const [shift, width] = place;
    const [number, known] = (value ?? "").split("/");
    const ones = (1 << width) - 1;
    tci |= (integer(number, name) & ones) << shift;
    mask |= (known === undefined ? ones : integer(known, name) & ones) << shift;
  }
  return { tci, mask };
}

/** Name, shift and bits of the fields of a label stack entry. */
const labelFields = [
  ["label", 12, 20],
  ["tc", 9, 3],
  ["ttl", 0, 8],
  ["bos", 8, 1],
] as const;

export function formatLse(lse: number, mask = 0xffff_ffff): string {
  return labelFields
    .map(([name, shift, width]) => {
      const value = (lse >>> shift) & ((1 << width) - 1);
      const known = (mask >>> shift) & ((1 << width) - 1);
      if (mask >>> 0 === 0xffff_ffff) return `${name}=${value}`;
      return `${name}=${value}/${name === "tc" || name === "bos" ? known.toString(16) : `0x${known.toString(16)}`}`;
    })
    .join(",");
}

/** @throws DatapathTextError */
export function parseLse(text: string): { lse: number; mask: number } {
  let lse = 0;
  let mask = 0;
  for (const { name, value } of items(text)) {
    const place = labelFields.find(([known]) => known === name);
    if (name === "eth_type") continue;
    if (!place) throw new DatapathTextError(`mpls(${text}): unknown field ${name}`);
    const [, shift, width] = place;
    const ones = 2 ** width - 1;
    const [number, known] = (value ?? "").split("/");
    lse |= (integer(number, name) & ones) << shift;
    mask |= (known === undefined ? ones : Number.parseInt(known.replace(/^0x/i, ""), 16) & ones) << shift;
  }
  return { lse: lse >>> 0, mask: mask >>> 0 };
}

export function formatEtherType(type: number): string {
  return `0x${type.toString(16).padStart(4, "0")}`;
}
