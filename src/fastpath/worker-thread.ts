/** Entry of a worker thread: its own instance of the module over the shared memory, and the loop. */
import { parentPort, workerData } from "node:worker_threads";
import { CONTROL_WORKER_STATE, WORKER_STOPPED } from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { instantiate } from "./module.ts";
import { type FastPath, WorkerLoop } from "./worker-loop.ts";
import type { WorkerStart } from "./worker-messages.ts";

const start = workerData as WorkerStart;
const loop = new WorkerLoop(start, (message) => parentPort!.postMessage(message));
const fastPath = instantiate<FastPath>(start.memory, loop.host, start.module);
fastPath.initialize();
loop.run(fastPath);
Atomics.store(new Int32Array(start.memory.buffer), (CONTROL_BASE + CONTROL_WORKER_STATE) >> 2, WORKER_STOPPED);
