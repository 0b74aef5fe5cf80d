/**
 * The slot table of a select group with dp_hash: which bucket each value of the hash's low bits leads to.
 *
 * Slots are dealt out by Webster's method (Sainte-Laguë): each goes to the bucket with the highest weight / (2 * slots it
 * has + 1), the first of equals. The number of slots is a power of two, at least 16 and no less than the sum of weights over
 * the lightest. This is the table of OVS 3.1: the same hash leads to the same bucket.
 *
 * OVS 3.5 and later take at least four slots a bucket. The recorded vectors are of 3.1.
 */

export interface WeightedBucket {
  readonly weight: number;
  readonly alive: boolean;
}

export const MIN_SLOTS = 16;
export const MAX_SLOTS = 256;
/** In a table without a live bucket. */
export const NO_BUCKET = 0xffff;

/**
 * Bucket index for each slot; dead buckets' slots lead to the bucket of the next slot that is alive.
 * `undefined` when the weights need more than MAX_SLOTS slots or there is nothing to share: OVS then does without dp_hash.
 */
export function selectSlots(buckets: readonly WeightedBucket[]): Uint16Array | undefined {
  const slots = webster(buckets.map((bucket) => bucket.weight));
  if (slots === undefined || buckets.every((bucket) => bucket.alive)) return slots;
  return slots.map((_, slot) => {
    for (let step = 0; step < slots.length; step++) {
      const bucket = slots[(slot + step) % slots.length];
      if (buckets[bucket].alive) return bucket;
    }
    return NO_BUCKET;
  });
}

/** How many slots the weights need, MAX_SLOTS or not. */
export function slotCount(weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const lightest = Math.min(...weights.filter((weight) => weight > 0));
  return Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(Math.ceil(total / lightest))));
}

function webster(weights: readonly number[]): Uint16Array | undefined {
  if (!weights.some((weight) => weight > 0)) return undefined;
  const count = slotCount(weights);
  if (count > MAX_SLOTS) return undefined;
  const quotients = weights.slice();
  const divisors = weights.map(() => 1);
  return Uint16Array.from({ length: count }, () => {
    let winner = 0;
    for (let bucket = 1; bucket < quotients.length; bucket++) {
      if (quotients[bucket] > quotients[winner]) winner = bucket;
    }
    divisors[winner] += 2;
    quotients[winner] = weights[winner] / divisors[winner];
    return winner;
  });
}
