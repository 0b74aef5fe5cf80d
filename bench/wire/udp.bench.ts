/** UDP from socket to socket: what arrives, and that the rest is accounted for. */
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { type Bench, type Case, check } from "../bench.ts";
import { PINNING } from "../contestants/processors.ts";
import type { Datagrams } from "../traffic/datagrams.ts";
import { runClient, startServer } from "../traffic/programs.ts";
import { QUICK_LEAVES_OUT, wireContestants } from "./contestants.ts";
import { loadMetrics, type Work, withLoad } from "./load.ts";
import type { WireContestant } from "./rig.ts";

const ARRIVED = "received";
const LOST = "datagrams lost on the way";
const PORT = "9000";
/** Datagrams that the hosts' own chatter may be taken for. */
const STRANGERS = 20;

interface DatagramCase extends Case {
  readonly bytes: number;
}

const bench: Bench = {
  title: "UDP from socket to socket, as fast as it is sent",
  async measure(session) {
    const seconds = session.quick ? 0.5 : 4;
    session.setting("seconds", seconds);
    session.setting("processors", PINNING);
    if (session.quick) session.note(QUICK_LEAVES_OUT);
    await session.compare({
      contestants: wireContestants(session),
      cases: [{ name: "1472-byte datagrams", bytes: 1472 }] satisfies DatagramCase[],
      metrics: [
        { name: ARRIVED, unit: "Gbit/s", better: "higher" },
        { name: LOST, unit: "% of those sent", better: "neither", detail: true },
        ...loadMetrics("GB"),
      ],
      rounds: session.quick ? 3 : 5,
      patience: session.quick ? 30 : undefined,
      warmups: 0,
      measure: (contestant, { bytes }) => withLoad(contestant, () => send(contestant, bytes, seconds)),
    });
  },
};
export default bench;

/** @throws CheckFailed when datagrams are lost and nobody has counted them as dropped, where the switch can tell. */
async function send(contestant: WireContestant, bytes: number, seconds: number): Promise<Work> {
  const { left, right, target } = contestant;
  const server = await startServer(right, "udp-sink", PORT);
  try {
    const before = await accountedDrops(contestant);
    const words = [target, PORT, bytes, seconds].map(String);
    const { sent, arrived, arrivedBytes, seconds: took } = await runClient<Datagrams>(left, "datagrams.ts", ...words);
    check(arrived > 0, `${sent} datagrams were sent, none arrived`);
    check(
      arrived <= sent && arrivedBytes === arrived * bytes,
      `${sent} datagrams were sent, ${arrived} others arrived`,
    );
    const after = await accountedDrops(contestant);
    if (before !== undefined && after !== undefined) {
      const counted = after - before;
      const rest = sent - arrived - counted;
      check(
        Math.abs(rest) <= STRANGERS,
        `${sent} datagrams were sent, ${arrived} arrived, ${counted} drops are counted: ${rest} are unaccounted for`,
      );
    }
    return {
      figures: { [ARRIVED]: (arrivedBytes * 8) / took / 1e9, [LOST]: (100 * (sent - arrived)) / sent },
      amount: arrivedBytes / 1e9,
    };
  } finally {
    server.kill();
  }
}

/** On all the way from socket to socket; undefined: this switch cannot tell its own. */
async function accountedDrops(contestant: WireContestant): Promise<number | undefined> {
  const between = await contestant.accountedDrops();
  if (between === undefined) return undefined;
  return (await contestant.departures()).dropped + between + (await socketOverflows(contestant.right));
}

/** Datagrams that a receiving socket had no room for. */
async function socketOverflows(namespace: string): Promise<number> {
  const lines = (await runInNamespace(namespace, ["cat", "/proc/net/snmp"])).split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("Udp:")).map((line) => line.split(" "));
  return Number(values[names.indexOf("RcvbufErrors")]);
}
