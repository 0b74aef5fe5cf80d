/** The debug log of select groups: how each comes to its buckets, in the words that people grep ovs-vswitchd.log for. */
import { selectSlots, slotCount } from "../../fastpath/select-slots.ts";
import type { Group } from "../../slowpath/tables/rule.ts";

const SYM_L4 = 1;

export function selectGroupLines(group: Group): string[] {
  const first = `Constructing select group ${group.id}`;
  if (group.selectionMethod === "hash") return [first, "Selection method specified: hash.", hashLine(group)];
  const isSpecified = group.selectionMethod === "dp_hash";
  const method = isSpecified
    ? "Selection method specified: dp_hash."
    : "No selection method specified. Trying dp_hash.";
  return [first, method, ...slotLines(group, isSpecified ? Number(group.selectionParam >> 32n) : SYM_L4)];
}

function hashLine({ fields }: Group): string {
  if (fields.length === 0) return "No hash fields. Falling back to default hash method.";
  return `Hash fields: ${fields.map(({ name }) => name).join(",")}`;
}

function slotLines({ buckets }: Group, algorithm: number): string[] {
  const fallBack = "Falling back to default hash method.";
  const weights = buckets.map(({ weight }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (buckets.length === 0) return ["  Don't apply dp_hash method without buckets.", fallBack];
  if (total === 0) return ["  Total weight is zero. No active buckets.", fallBack];
  const sum = `  Minimum weight: ${Math.min(...weights.filter((weight) => weight > 0))}, total weight: ${total}`;
  const slots = selectSlots(weights.map((weight) => ({ weight, alive: true })));
  if (!slots) return [sum, `  Too many hash values required: ${slotCount(weights)}`, fallBack];
  const shares = buckets.map(({ id, weight }, index) => {
    const target = ((slots.length * weight) / total).toFixed(2);
    return `  Bucket ${id}: weight=${weight}, target=${target} hits=${slots.filter((bucket) => bucket === index).length}`;
  });
  return [
    sum,
    `  Using ${slots.length} hash values:`,
    ...shares,
    `Use dp_hash with ${slots.length} hash values using algorithm ${algorithm}.`,
  ];
}
