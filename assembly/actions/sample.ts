/** OP_SAMPLE: a nested program on a share of the packets. */
import { random32 } from "../random.ts";

const PROBABILITY: usize = 8;
/** Where the nested program starts. */
export const SAMPLE_PROGRAM: usize = 12;

/** Whether this packet is among the sampled: probability 0 never, 2^32-1 always. */
export function isSampled(instruction: usize): bool {
  const probability = load<u32>(instruction, PROBABILITY);
  return probability == u32.MAX_VALUE || random32() < probability;
}
