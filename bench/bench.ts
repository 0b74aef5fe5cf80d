/**
 * What a file `bench/NAME.bench.ts` exports as its default, and what it is given to work with.
 *
 * A bench lists contestants, cases and metrics, and hands them to `session.compare`, which takes turns, repeats, prints and
 * records. A measurement that finds its own result wrong (a packet lost without account, a wrong byte, the wrong server)
 * throws CheckFailed: there is no figure then.
 */
import type { Position, Row } from "./schema.ts";

/** Against whom. Contestants of our own always take part, the others when they are installed or asked for by name. */
export const KINDS = ["megaflow", "limit", "ovs", "dpdk", "bridge", "nft"] as const;
/** "limit" is what bounds everyone: the generator without a switch. */
export type Kind = (typeof KINDS)[number];

export interface Contestant {
  readonly name: string;
  readonly kind: Kind;
  /** Why it cannot take part on this machine. */
  missing?(): string | undefined;
  /** Before its turn in each round. */
  up?(): Promise<void>;
  down?(): Promise<void>;
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly better: Row["better"];
  /** For the tables only: neither printed nor drawn. */
  readonly detail?: boolean;
}

export interface Case {
  readonly name: string;
  readonly at?: Position;
}

/** Values by metric name. Metrics that a contestant does not have are left out. */
export type Figures = Readonly<Record<string, number>>;

export interface Comparison<C extends Contestant, K extends Case> {
  readonly contestants: readonly C[];
  readonly cases: readonly K[];
  readonly metrics: readonly Metric[];
  /** At most. */
  readonly rounds: number;
  /** Seconds after which no other round begins; there is one at least. */
  readonly patience?: number;
  /** Rounds before them that are thrown away. */
  readonly warmups: number;
  /** Those the others are divided by; default: all that are not ours. */
  readonly references?: readonly string[];
  /** @throws CheckFailed when what was measured is not right. */
  measure(contestant: C, benchCase: K): Promise<Figures> | Figures;
}

/** Rounds as most benches play them: five after `warmups`, or in a quick run up to three, as long as its patience (seconds) lasts. */
export function turns(
  { quick }: Pick<Session, "quick">,
  patience: number,
  warmups = 0,
): { readonly rounds: number; readonly patience?: number; readonly warmups: number } {
  return quick ? { rounds: 3, patience, warmups: 0 } : { rounds: 5, warmups };
}

export interface Session {
  /** Fewer and shorter rounds, so that all of it ends in minutes: for a first look, not for a claim. */
  readonly quick: boolean;
  /** Whether contestants of that kind were asked for by name; undefined: nobody was. */
  asksFor(kind: Kind): boolean | undefined;
  setting(name: string, value: string | number | boolean): void;
  note(sentence: string): void;
  /** Rows made of others, shown before them. */
  lead(rows: readonly Row[]): void;
  /** Takes turns A B A B …; prints each row when it is complete and returns them. */
  compare<C extends Contestant, K extends Case>(comparison: Comparison<C, K>): Promise<readonly Row[]>;
}

export interface Bench {
  /** One line: what is measured. */
  readonly title: string;
  /** What it needs of the machine it says in an error. */
  measure(session: Session): Promise<void>;
}

/** The result of a measurement is wrong, so its figure means nothing. */
export class CheckFailed extends Error {}

/** @throws CheckFailed with the sentence unless the condition holds. */
export function check(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new CheckFailed(sentence);
}
