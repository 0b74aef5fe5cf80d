/** How many megaflows there have been, for `upcall/show`. */
export class MegaflowHistory {
  /** Moving average over some sixteen looks. */
  #average = 0;
  #most = 0;
  #milliseconds = 0;

  get average(): number {
    return Math.round(this.#average);
  }

  get most(): number {
    return this.#most;
  }

  /** How long the last look at all megaflows took. */
  get sweepMilliseconds(): number {
    return this.#milliseconds;
  }

  look(current: number, milliseconds: number): void {
    this.#average += (current - this.#average) / 16;
    this.#most = Math.max(this.#most, current);
    this.#milliseconds = milliseconds;
  }
}
