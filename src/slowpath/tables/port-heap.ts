/**
 * Ports by how many stations they have, the one with most of them first: a binary heap.
 *
 * Which of several equal ports comes first depends on how they came there, as in Open vSwitch, whose choice this is: a port moves up
 * only past one with fewer, and of two equal ports below, the left one moves up.
 */
export class PortHeap {
  /** The children of position i are at 2i + 1 and 2i + 2. */
  readonly #ports: number[] = [];
  readonly #positions = new Map<number, number>();
  readonly #counts = new Map<number, number>();

  /** undefined: there are none. */
  get first(): number | undefined {
    return this.#ports[0];
  }

  /** 0: the port is not there any more. */
  set(port: number, count: number): void {
    if (count === 0) {
      this.#remove(port);
      return;
    }
    this.#counts.set(port, count);
    const at = this.#positions.get(port);
    this.#settle(at ?? this.#ports.length, port);
  }

  #remove(port: number): void {
    const at = this.#positions.get(port);
    if (at === undefined) return;
    this.#positions.delete(port);
    this.#counts.delete(port);
    const last = this.#ports.pop()!;
    if (last !== port) this.#settle(at, last);
  }

  #countAt(position: number): number {
    return this.#counts.get(this.#ports[position]) ?? 0;
  }

  /** Puts the port where it belongs, from `at` on, whose port has been taken out or is this one. */
  #settle(at: number, port: number): void {
    const count = this.#counts.get(port)!;
    let position = at;
    for (
      let parent = (position - 1) >> 1;
      position > 0 && count > this.#countAt(parent);
      parent = (position - 1) >> 1
    ) {
      this.#place(position, this.#ports[parent]);
      position = parent;
    }
    for (let child = this.#greaterChild(position, count); child > 0; child = this.#greaterChild(position, count)) {
      this.#place(position, this.#ports[child]);
      position = child;
    }
    this.#place(position, port);
  }

  /** Position of the child that has more than `count`, and most; 0: neither has. */
  #greaterChild(position: number, count: number): number {
    const left = 2 * position + 1;
    const right = left + 1;
    if (right < this.#ports.length && this.#countAt(right) > Math.max(count, this.#countAt(left))) return right;
    return left < this.#ports.length && this.#countAt(left) > count ? left : 0;
  }

  #place(position: number, port: number): void {
    this.#ports[position] = port;
    this.#positions.set(port, position);
  }
}
