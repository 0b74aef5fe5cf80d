/**
 * Numbers for things with names: datapath and port keys, conntrack zones, groups, buckets.
 *
 * Invariant: a thing keeps its number for as long as it exists, whatever else comes and goes, so that a change never renumbers
 * (and with it rewrites) the rules of its neighbours. A number that fell free is given out again, lowest first.
 */

export class NumberPool {
  readonly #first: number;
  readonly #last: number;
  #numbers = new Map<string, number>();
  #seen = new Set<string>();
  #taken = new Set<number>();
  #fresh: number[] = [];

  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  /** @throws RangeError when all numbers are taken. */
  get(name: string): number {
    this.#seen.add(name);
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    let number = this.#first;
    while (this.#taken.has(number)) number++;
    if (number > this.#last) throw new RangeError(`no number left for ${name} (${this.#first} to ${this.#last})`);
    this.#numbers.set(name, number);
    this.#taken.add(number);
    this.#fresh.push(number);
    return number;
  }

  /** Frees the numbers of names not asked for since the last call; gives those handed out since then. */
  settle(): readonly number[] {
    for (const [name, number] of this.#numbers) {
      if (this.#seen.has(name)) continue;
      this.#numbers.delete(name);
      this.#taken.delete(number);
    }
    const fresh = this.#fresh.filter((number) => this.#taken.has(number));
    this.#seen = new Set();
    this.#fresh = [];
    return fresh;
  }
}

/** A pool for each owner: port keys are counted per datapath, buckets per group. */
class OwnedPools {
  readonly #make: () => NumberPool;
  readonly #pools = new Map<string, NumberPool>();
  #seen = new Set<string>();

  constructor(make: () => NumberPool) {
    this.#make = make;
  }

  get(owner: string, name: string): number {
    this.#seen.add(owner);
    let pool = this.#pools.get(owner);
    if (!pool) {
      pool = this.#make();
      this.#pools.set(owner, pool);
    }
    return pool.get(name);
  }

  settle(): void {
    for (const [owner, pool] of this.#pools) {
      if (this.#seen.has(owner)) pool.settle();
      else this.#pools.delete(owner);
    }
    this.#seen = new Set();
  }
}

export class Identities {
  /** Keys from 0x8000 up stand for multicast groups. */
  readonly ports = new OwnedPools(() => new NumberPool(1, 0x7fff));
  readonly buckets = new OwnedPools(() => new NumberPool(0, 0xfffffeff));
  readonly datapaths = new NumberPool(1, 0xffffff);
  /** Zone 0 is everybody else's. */
  readonly zones = new NumberPool(1, 0xffff);
  readonly groups = new NumberPool(1, 0xffffff00);
  /** Routes with equal-cost paths, and the paths of each. */
  readonly nextHops = new OwnedPools(() => new NumberPool(1, 0xffff));
  /** Routing tables besides the main one, which is 0. */
  readonly routeTables = new OwnedPools(() => new NumberPool(1, 0xffffffff));

  /** After a compilation: forgets what was not used. Gives zones that were newly assigned and may hold old connections. */
  settle(): { readonly newZones: readonly number[] } {
    this.ports.settle();
    this.buckets.settle();
    this.datapaths.settle();
    this.groups.settle();
    this.nextHops.settle();
    this.routeTables.settle();
    return { newZones: this.zones.settle() };
  }
}
