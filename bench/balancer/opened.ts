/** What is held of new connections before their figures are taken, and what they cost. */
import { chiSquare } from "../../src/lab/chi-square.ts";
import { check, type Figures } from "../bench.ts";
import type { Spent } from "../processor-time.ts";
import type { Connections } from "../traffic/connections.ts";
import type { BalancerContestant } from "./contestants.ts";

export const SWITCH = "processor of the switch, 10,000 connections";
export const SWITCH_ALONE = "the same without the hosts' stacks (soft interrupts)";
export const MACHINE = "processor of the whole machine, 10,000 connections";

/** A spread over the servers less likely than this is no accident: the wrong server was chosen. */
const LEAST_P = 1e-6;

/**
 * `ports`: how many of the client's they had, which come again.
 * @throws CheckFailed when a connection failed, or the servers' shares are not what a hash of the ports gives.
 */
export function checkOpened(
  { servers }: BalancerContestant,
  { servers: counts, failed, ended }: Connections,
  count: number,
  ports: number,
): void {
  check(failed === 0, `${failed} of the first ${ended} connections of ${count} failed`);
  const shares = servers.map((_, i) => counts[i + 1] ?? 0);
  const answered = shares.reduce((sum, share) => sum + share, 0);
  check(answered === count, `${count} connections, ${answered} were answered by one of the servers`);
  if (shares.length < 2) return;
  // A port that comes back has the server it had: only so many choices were made.
  const choices = Math.min(1, ports / count);
  const { pValue } = chiSquare(shares.map((share) => share * choices));
  check(pValue > LEAST_P, `the servers got ${shares.join(" and ")} connections: that is no accident (p = ${pValue})`);
}

/** Seconds of processor for 10,000 of `count` connections. */
export function costs({ pid }: BalancerContestant, { machine, own, stacks }: Spent, count: number): Figures {
  const per10k = 10_000 / count;
  const ofSwitch = { [SWITCH]: own * per10k, [SWITCH_ALONE]: (own - stacks) * per10k };
  return { [MACHINE]: machine * per10k, ...(pid === undefined ? {} : ofSwitch) };
}
