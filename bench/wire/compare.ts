/** What the benches of this folder have in common: who takes part, where it runs, how many rounds, and what a datagram count is worth. */
import { type Case, type Comparison, check, type Session, turns } from "../bench.ts";
import { PINNING } from "../contestants/processors.ts";
import type { Row } from "../schema.ts";
import { QUICK_LEAVES_OUT, wireContestants } from "./contestants.ts";
import type { WireContestant } from "./rig.ts";

export interface WireComparison<K extends Case>
  extends Pick<Comparison<WireContestant, K>, "cases" | "metrics" | "measure"> {
  /** Default: all there are. */
  readonly contestants?: readonly WireContestant[];
  /** Seconds, of a quick run. */
  readonly patience: number;
}

export function compareOnWire<K extends Case>(
  session: Session,
  { patience, contestants, ...comparison }: WireComparison<K>,
): Promise<readonly Row[]> {
  session.setting("processors", PINNING);
  if (session.quick && contestants === undefined) session.note(QUICK_LEAVES_OUT);
  return session.compare({
    ...comparison,
    ...turns(session, patience),
    contestants: contestants ?? wireContestants(session),
  });
}

/** Frames of the hosts' own that may pass meanwhile, or be dropped (ARP). */
const STRANGERS = 20;

export interface Account {
  /** "frames", "datagrams". */
  readonly what: string;
  readonly sent: number;
  readonly arrived: number;
  /** Drops counted on the way before and after; undefined: this switch cannot tell. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** @throws CheckFailed unless all that were sent have arrived or are counted as dropped, and no other has arrived. */
export function checkAccount({ what, sent, arrived, before, after }: Account): void {
  check(arrived <= sent + STRANGERS, `${sent} ${what} were sent, ${arrived} arrived: some came twice`);
  if (before === undefined || after === undefined) return;
  const drops = after - before;
  const rest = sent - arrived - drops;
  check(
    Math.abs(rest) <= STRANGERS,
    `${sent} ${what} were sent, ${arrived} arrived, ${drops} drops are counted: ${rest} are unaccounted for`,
  );
}
