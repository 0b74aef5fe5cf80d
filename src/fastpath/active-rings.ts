/**
 * The ports with a ring in memory that frames came by lately: a look at their rings says what epoll would, without a system call.
 *
 * Invariants: every TURNS-th look goes to epoll all the same, for devices without a ring, bells, and rings that are not here.
 */

/** More would make each look dear; the others have epoll. */
const MOST = 8;
const TURNS = 4;

export class ActiveRings {
  readonly ports: number[] = [];
  #turn = 0;
  #oldest = 0;

  /** Whether rings are to be looked at now, and not epoll. */
  takeTurn(): boolean {
    if (this.ports.length === 0) return false;
    this.#turn = (this.#turn + 1) % TURNS;
    return this.#turn !== 0;
  }

  add(port: number): void {
    if (this.ports.includes(port)) return;
    if (this.ports.length < MOST) {
      this.ports.push(port);
    } else {
      this.ports[this.#oldest] = port;
      this.#oldest = (this.#oldest + 1) % MOST;
    }
  }

  /** When the worker goes to sleep, and when ports change. */
  clear(): void {
    this.ports.length = 0;
  }
}
