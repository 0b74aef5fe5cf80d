/** `node idle-datapath.ts PREFIX`: the share of a core that a datapath with two idle ports takes, as {"share"}. */
import { setTimeout as delay } from "node:timers/promises";
import { WorkerDatapath } from "../../../src/fastpath/worker-datapath.ts";

const WARM_UP_MS = 500;
const MEASURE_MS = 2000;

const prefix = process.argv[2];
const datapath = await WorkerDatapath.start();
for (const suffix of ["a", "b"]) await datapath.addPort({ kind: "tap", name: `${prefix}${suffix}` });
await delay(WARM_UP_MS);
const before = process.cpuUsage();
await delay(MEASURE_MS);
const { user, system } = process.cpuUsage(before);
await datapath.close();
console.log(JSON.stringify({ share: (user + system) / 1000 / MEASURE_MS }));
