/** UDP from socket to socket: what arrives, and that the rest is accounted for. */
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { type Bench, type Case, CheckFailed, check } from "../bench.ts";
import type { Datagrams } from "../traffic/datagrams.ts";
import { runClient, withServers } from "../traffic/programs.ts";
import { checkAccount, compareOnWire } from "./compare.ts";
import { loadMetrics, type Work, withLoad } from "./load.ts";
import type { WireContestant } from "./rig.ts";

const ARRIVED = "received";
const LOST = "datagrams lost on the way";
const PORT = "9000";

interface DatagramCase extends Case {
  readonly bytes: number;
}

const bench: Bench = {
  title: "UDP from socket to socket, as fast as it is sent",
  async measure(session) {
    const seconds = session.quick ? 0.5 : 4;
    session.setting("seconds", seconds);
    await compareOnWire(session, {
      cases: [{ name: "1472-byte datagrams", bytes: 1472 }] satisfies DatagramCase[],
      metrics: [
        { name: ARRIVED, unit: "Gbit/s", better: "higher" },
        { name: LOST, unit: "% of those sent", better: "neither", detail: true },
        ...loadMetrics("GB"),
      ],
      patience: 30,
      measure: (contestant, { bytes }) => withLoad(contestant, () => send(contestant, bytes, seconds)),
    });
  },
};
export default bench;

/** @throws CheckFailed when datagrams are lost and nobody has counted them as dropped, where the switch can tell. */
function send(contestant: WireContestant, bytes: number, seconds: number): Promise<Work> {
  const { left, right, target } = contestant;
  return withServers([{ namespace: right, words: ["udp-sink", PORT] }], async () => {
    const before = await accountedDrops(contestant);
    const words = [target, PORT, bytes, seconds].map(String);
    const report = await runClient<Datagrams>(left, "datagrams.ts", ...words).catch((error: Error) =>
      blame(error, right),
    );
    const { sent, arrived, arrivedBytes, seconds: took } = report;
    check(arrived > 0, `${sent} datagrams were sent, none arrived`);
    check(arrivedBytes === arrived * bytes, `${sent} datagrams of ${bytes} bytes were sent, ${arrived} others arrived`);
    checkAccount({ what: "datagrams", sent, arrived, before, after: await accountedDrops(contestant) });
    return {
      figures: { [ARRIVED]: (arrivedBytes * 8) / took / 1e9, [LOST]: (100 * (sent - arrived)) / sent },
      amount: arrivedBytes / 1e9,
    };
  });
}

/** Says besides what the receiving host did with datagrams: where none is answered, that is where they were lost. */
async function blame({ message }: Error, namespace: string): Promise<never> {
  const { InDatagrams, RcvbufErrors, InCsumErrors, NoPorts } = await udpCounters(namespace);
  const counted = `${InDatagrams} received, ${RcvbufErrors} without room, ${InCsumErrors} with a wrong checksum, ${NoPorts} for nobody`;
  throw new CheckFailed(`${message}; datagrams at the receiving host: ${counted}`);
}

/** On all the way from socket to socket; undefined: this switch cannot tell its own. */
async function accountedDrops(contestant: WireContestant): Promise<number | undefined> {
  const between = await contestant.accountedDrops();
  if (between === undefined) return undefined;
  const { RcvbufErrors } = await udpCounters(contestant.right);
  return (await contestant.departures()).dropped + between + RcvbufErrors;
}

/** /proc/net/snmp of a host, by the kernel's names. */
async function udpCounters(namespace: string): Promise<Record<string, number>> {
  const lines = (await runInNamespace(namespace, ["cat", "/proc/net/snmp"])).split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("Udp:")).map((line) => line.split(" ").slice(1));
  return Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
}
