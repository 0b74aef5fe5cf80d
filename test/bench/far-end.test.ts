import { describe, expect, it } from "vitest";
import { CheckFailed } from "../../bench/bench.ts";
import { runComparison } from "../../bench/comparison.ts";
import { beside, FarEnd } from "../../bench/traffic/far-end.ts";

/** A receiver that is ready, and then does what the script says. */
const receiver = (script: string) => () =>
  FarEnd.start("the receiver", [process.execPath, "-e", `console.log("ready"); ${script}`]);
const LIVES = "setInterval(() => {}, 1000);";
/** What a client finds that waits for an answer in vain. */
const nothing = async (): Promise<never> => {
  throw new CheckFailed("the receiver does not say how many datagrams arrived");
};

/** What a bench prints in place of a figure. */
async function refusal(starting: () => Promise<FarEnd>, work: () => Promise<Record<string, number>> = nothing) {
  const [{ series }] = await runComparison({
    contestants: [{ name: "ours", kind: "megaflow" }],
    cases: [{ name: "" }],
    metrics: [{ name: "rate", unit: "/s", better: "higher" }],
    rounds: 2,
    warmups: 0,
    measure: () => beside([starting], work),
  });
  expect(series[0].samples).toEqual([]);
  return series[0].failure;
}

describe("a figure is refused when the receiver says nothing, and the cause says", () => {
  it("its exit status and what it complained of", async () => {
    expect(await refusal(receiver(`console.error("bind failed:\\n  errno 98"); process.exit(3);`))).toBe(
      "the receiver does not say how many datagrams arrived; " +
        "the receiver ended by itself, exit status 3: bind failed: | errno 98",
    );
  });

  it("the signal that ended it", async () => {
    expect(await refusal(receiver(`process.kill(process.pid, "SIGKILL"); ${LIVES}`))).toBe(
      "the receiver does not say how many datagrams arrived; the receiver ended by SIGKILL, without a word",
    );
  });

  it("what a receiver complains of that still runs", async () => {
    expect(await refusal(receiver(`console.error("receive failed: errno 11"); ${LIVES}`))).toBe(
      "the receiver does not say how many datagrams arrived; the receiver runs: receive failed: errno 11",
    );
  });

  it("no more than was found wrong of one that runs and complains of nothing", async () => {
    expect(await refusal(receiver(LIVES))).toBe("the receiver does not say how many datagrams arrived");
  });

  it("the error that a crash caused elsewhere, with the crash", async () => {
    const reset = async (): Promise<never> => {
      throw new Error("receive failed: errno 104");
    };
    const failure = await refusal(receiver(`throw new RangeError("no slot is free");`), reset);
    expect(failure).toMatch(
      /^receive failed: errno 104; the receiver ended by itself, exit status 1: .*no slot is free/,
    );
  });

  it("that it ended before it was ready, or did not start", async () => {
    const script = `console.error("modes are udp-sink, not udp-sunk"); process.exit(2);`;
    expect(await refusal(() => FarEnd.start("the receiver", [process.execPath, "-e", script]))).toBe(
      "the receiver ended by itself, exit status 2 before it was ready: modes are udp-sink, not udp-sunk",
    );
    expect(await refusal(() => FarEnd.start("the receiver", ["/no/such/program"]))).toMatch(
      /^the receiver did not start \(spawn \/no\/such\/program ENOENT\)/,
    );
  });
});

describe("far ends", () => {
  it("end with the work, whether it went well or not", async () => {
    const pids: number[] = [];
    const work = async (farEnds: readonly FarEnd[]) => {
      pids.push(...farEnds.map(({ pid }) => pid));
      return pids.length;
    };
    expect(await beside([receiver(LIVES), receiver(LIVES)], work)).toBe(2);
    await expect(
      beside([receiver(LIVES), () => FarEnd.start("the other", [process.execPath, "-e", "process.exit(1)"])], work),
    ).rejects.toThrow("the other ended by itself, exit status 1 before it was ready, without a word");
    await expect(beside([receiver(LIVES)], nothing)).rejects.toThrow(CheckFailed);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
