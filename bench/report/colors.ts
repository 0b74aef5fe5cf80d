/**
 * Contestants' colours: families share a hue, so that Megaflow is blue in every plot, OVS orange, the kernel green, and what bounds
 * everyone grey; the others get Okabe and Ito's colours, told apart also by those who see fewer.
 */
import type { Row } from "../schema.ts";

const FAMILIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^megaflow/, ["#0072b2", "#56b4e9", "#7b6fd0", "#00a0b0", "#3b4cc0", "#88ccee"]],
  [/^ovs/i, ["#d55e00", "#e69f00", "#b5651d", "#f0c04a", "#c0392b"]],
  [/^(linux bridge|nftables|kernel)/, ["#009e73", "#7bb662"]],
  [/^(no switch|plain C)/, ["#888888", "#aaaaaa"]],
];
const OTHERS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#888888", "#b8a900"];

/** By contestant, in the order in which they appear. */
export function contestantColors(rows: readonly Row[]): Map<string, string> {
  const names = new Set(rows.flatMap(({ series }) => series.map(({ contestant }) => contestant)));
  const used = new Map<readonly string[], number>();
  return new Map(
    [...names].map((name) => {
      const colors = FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? OTHERS;
      const place = used.get(colors) ?? 0;
      used.set(colors, place + 1);
      return [name, colors[place % colors.length]];
    }),
  );
}
