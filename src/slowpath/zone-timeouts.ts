/** Timeout policies of conntrack zones: connections that are committed in such a zone get its policy's number. */
import type { Conntrack, TimeoutPolicy } from "../fastpath/datapath.ts";

/** Policy 0 is the default itself. */
const FIRST_POLICY = 1;

export class ZoneTimeouts {
  readonly #conntrack: Conntrack;
  readonly #policies = new Map<number, number>();
  readonly #free: number[] = [];

  constructor(conntrack: Conntrack) {
    this.#conntrack = conntrack;
  }

  /** The number of the zone's policy; undefined: the default is its. */
  policy(zone: number): number | undefined {
    return this.#policies.get(zone);
  }

  /** Seconds by name; undefined: from now on the default. true: the zone has a policy and had none, or the other way round. */
  set(zone: number, timeouts: TimeoutPolicy | undefined): boolean {
    const held = this.#policies.get(zone);
    if (timeouts === undefined) {
      if (held === undefined) return false;
      this.#policies.delete(zone);
      this.#free.push(held);
      return true;
    }
    const policy = held ?? this.#free.pop() ?? FIRST_POLICY + this.#policies.size;
    this.#conntrack.setTimeoutPolicy(policy, timeouts);
    this.#policies.set(zone, policy);
    return held === undefined;
  }
}
