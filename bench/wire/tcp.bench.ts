/** One TCP connection between two namespaces, by iperf3. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { inNamespace, runInNamespace } from "../../src/lab/namespaces.ts";
import type { Bench } from "../bench.ts";
import { compare } from "./compare.ts";
import { onOtherCore, RIGHT_ADDRESS, type Wire } from "./contestants.ts";

const SECONDS = 4;

async function throughput({ left, right }: Wire): Promise<number> {
  const [program, ...words] = inNamespace(right, onOtherCore(["iperf3", "-s", "-1", "--forceflush"]));
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(server.stdout, "data");
    const client = onOtherCore(["iperf3", "-c", RIGHT_ADDRESS, "-t", String(SECONDS), "-O", "1", "--json"]);
    const report = JSON.parse(await runInNamespace(left, client));
    const bits = report.end.sum_received.bits_per_second as number;
    if (!(bits > 0)) throw new Error("nothing arrived");
    return bits / 1e9;
  } finally {
    server.kill();
  }
}

const bench: Bench = {
  title: "TCP, one connection, Gbit/s received (iperf3), the switch on one processor, sender and receiver on the other",
  run: (print) => compare({ unit: "Gbit/s", rounds: 3, digits: 2, measure: throughput }, print),
};
export default bench;
