/**
 * Contestants' colours: families share a hue, so that Megaflow is blue in every plot, OVS orange, the kernel green, and what bounds
 * everyone grey; the others get Okabe and Ito's colours, told apart also by those who see fewer.
 */
import type { Row } from "../schema.ts";
import { type Family, familyOf } from "./families.ts";

const COLORS: Readonly<Record<Family, readonly string[]>> = {
  megaflow: ["#0072b2", "#56b4e9", "#00a0b0", "#88ccee", "#4f7cac", "#a6c8e0"],
  offload: ["#3b4cc0", "#7b6fd0"],
  ovs: ["#d55e00", "#e69f00", "#b5651d", "#f0c04a", "#c0392b"],
  kernel: ["#009e73", "#7bb662"],
  limit: ["#888888", "#aaaaaa"],
};
const OTHERS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#888888", "#b8a900"];

/** By contestant, in the order in which they appear; no color twice while there are others. */
export function contestantColors(rows: readonly Row[]): Map<string, string> {
  const colors = new Map<string, string>();
  const names = [...new Set(rows.flatMap(({ series }) => series.map(({ contestant }) => contestant)))];
  // Families first: their hue is promised.
  for (const name of names.toSorted((a, b) => Number(!familyOf(a)) - Number(!familyOf(b)))) {
    const family = familyOf(name);
    const palette = family ? COLORS[family] : OTHERS;
    const used = new Set(colors.values());
    colors.set(name, palette.find((color) => !used.has(color)) ?? palette[colors.size % palette.length]);
  }
  return new Map(names.map((name) => [name, colors.get(name)!]));
}
