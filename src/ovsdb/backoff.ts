/**
 * How long to wait before the next attempt to connect: 1 s, doubling up to 8 s. A connection that lasted as long as the wait
 * before it starts the count anew.
 */
const MINIMUM = 1000;
const MAXIMUM = 8000;

export class Backoff {
  readonly #minimum: number;
  readonly #maximum: number;
  #delay = 0;

  /** Milliseconds. */
  constructor(minimum = MINIMUM, maximum = MAXIMUM) {
    this.#minimum = minimum;
    this.#maximum = maximum;
  }

  /** Milliseconds to wait after a connection that lasted `lasted` milliseconds (0: it was never made). */
  next(lasted: number): number {
    if (this.#delay === 0 || (lasted > 0 && lasted >= this.#delay)) this.#delay = this.#minimum;
    else this.#delay = Math.min(this.#delay * 2, this.#maximum);
    return this.#delay;
  }
}
