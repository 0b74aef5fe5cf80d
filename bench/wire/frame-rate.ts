/** A stream of frames from the left host to the right one, and the account of every frame. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { check } from "../bench.ts";
import { onOtherCore } from "../contestants/processors.ts";
import { installed } from "../install.ts";
import { checkAccount } from "./compare.ts";
import { LEFT, type WireContestant } from "./rig.ts";

export interface Stream {
  readonly bytes: number;
  readonly seconds: number;
  /** Flows in turn. */
  readonly flows: number;
}

export interface FrameRate {
  readonly arrived: number;
  /** A second. */
  readonly arrivedRate: number;
  /** Of those sent, 0 … 1. */
  readonly lostShare: number;
}

/** @throws CheckFailed when frames are lost and nobody has counted them as dropped, where the switch can tell. */
export async function frameRate(contestant: WireContestant, stream: Stream): Promise<FrameRate> {
  if (!installed("nft")) throw new Error("needs the Debian package nftables");
  const nextHop = await contestant.nextHop(contestant.host(LEFT.name), contestant.target);
  await contestant.setOffloads(false);
  await contestant.discardArrivals();
  try {
    return await streamFrames(contestant, nextHop, stream);
  } finally {
    await contestant.listen();
  }
}

async function streamFrames(
  contestant: WireContestant,
  nextHop: string,
  { bytes, seconds, flows }: Stream,
): Promise<FrameRate> {
  const { left, target } = contestant;
  const lostBefore = await contestant.accountedDrops();
  const before = await contestant.arrivals();
  const sentBefore = await contestant.departures();
  const script = join(import.meta.dirname, "frame-generator.ts");
  const command = onOtherCore([
    process.execPath,
    script,
    LEFT.port,
    String(bytes),
    String(seconds),
    target,
    String(flows),
  ]);
  const report = JSON.parse(await runInNamespace(left, ["env", `PEER_MAC=${nextHop}`, ...command]));
  const { seconds: took } = report as { seconds: number };
  const arrived = (await settledArrivals(contestant)) - before.packets;
  const sent = (await contestant.departures()).packets - sentBefore.packets;
  check(arrived > sent / LEAST_SHARE, `${sent} frames were sent, ${arrived} arrived`);
  checkAccount({ what: "frames", sent, arrived, before: lostBefore, after: await contestant.accountedDrops() });
  return { arrived, arrivedRate: arrived / took, lostShare: Math.max(0, sent - arrived) / sent };
}

/** A switch that passes less than one frame in so many does not switch: slow paths pass one in a hundred. */
const LEAST_SHARE = 1000;
/** Milliseconds without an arrival after which no more is expected. */
const QUIET = 200;

/** Frames that have arrived when the last ones under way are there. */
async function settledArrivals(contestant: WireContestant): Promise<number> {
  let last = -1;
  for (;;) {
    const { packets } = await contestant.arrivals();
    if (packets === last) return last;
    last = packets;
    await delay(QUIET);
  }
}
