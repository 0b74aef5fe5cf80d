/**
 * Random numbers of the fast path: xorshift64* over CONTROL_RANDOM.
 *
 * Good enough to sample packets and to pick ports; not for secrets. The main thread seeds the state at start.
 */
import { CONTROL_RANDOM } from "./layout/control.ts";
import { CONTROL_BASE } from "./memory.ts";

export function random32(): u32 {
  let state = load<u64>(CONTROL_BASE, CONTROL_RANDOM);
  if (state == 0) state = 0x9e37_79b9_7f4a_7c15; // zero would stay zero
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  store<u64>(CONTROL_BASE, state, CONTROL_RANDOM);
  return <u32>((state * 0x2545_f491_4f6c_dd1d) >> 32);
}
