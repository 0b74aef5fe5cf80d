/**
 * How long a worker without work looks again before it sleeps.
 *
 * What: a woken worker comes some 20 µs late, twice in a round trip that crosses the switch twice; a spinning one is there, but burns
 *   a core. So the window follows the traffic, as the kernel's halt polling does: gaps that looking again would have bridged open it,
 *   longer ones close it.
 * Cost: at most LONGEST_US of spinning after the last packet of a burst; nothing where packets come one by one and far apart.
 */

/** Longer gaps are slept through: a reply of a host on this machine takes 20 to 60 µs. */
export const LONGEST_US = 100;
const SHORTEST_US = 12;

export class SpinWindow {
  #window = SHORTEST_US;

  /** Microseconds. */
  get length(): number {
    return this.#window;
  }

  /** Work came after `gap` microseconds without any. */
  ended(gap: number): void {
    if (gap <= LONGEST_US) this.#window = Math.min(LONGEST_US, Math.max(SHORTEST_US, this.#window * 2));
    else this.#window = this.#window < SHORTEST_US ? 0 : this.#window / 2;
  }
}
