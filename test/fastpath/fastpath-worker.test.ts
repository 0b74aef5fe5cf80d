import { afterEach, describe, expect, it, vi } from "vitest";
import { COMMAND_ARGS, COMMAND_CACHE_CLEAR, COMMAND_FLOW_INSERT } from "../../assembly/layout/command.ts";
import {
  CONTROL_QUIESCENT,
  CONTROL_WORKER_STATE,
  WORKER_SLEEPING,
  WORKER_STOPPED,
} from "../../assembly/layout/control.ts";
import { CONTROL_BASE } from "../../assembly/memory.ts";
import { CommandRing } from "../../src/fastpath/command-ring.ts";
import { FastpathWorker } from "../../src/fastpath/fastpath-worker.ts";
import { createMemory, loadModule } from "../../src/fastpath/module.ts";
import type { WorkerMessage } from "../../src/fastpath/worker-messages.ts";

interface Started {
  readonly worker: FastpathWorker;
  readonly commands: CommandRing;
  readonly messages: WorkerMessage[];
  readonly deaths: Error[];
  word(field: number): number;
}

const running: FastpathWorker[] = [];
afterEach(async () => {
  for (const worker of running.splice(0)) await worker.stop();
});

async function start(): Promise<Started> {
  const memory = createMemory(1);
  const words = new Int32Array(memory.buffer);
  const messages: WorkerMessage[] = [];
  const deaths: Error[] = [];
  const worker = new FastpathWorker(
    memory,
    loadModule(),
    (message) => messages.push(message),
    (error) => deaths.push(error),
  );
  running.push(worker);
  await vi.waitFor(() => expect(messages).toEqual([{ type: "started" }]), { timeout: 10_000 });
  return {
    worker,
    commands: new CommandRing(memory, worker.wake),
    messages,
    deaths,
    word: (field) => Atomics.load(words, (CONTROL_BASE + field) >> 2),
  };
}

const asleep = ({ word }: Started): Promise<void> =>
  vi.waitFor(() => expect(word(CONTROL_WORKER_STATE)).toBe(WORKER_SLEEPING), { interval: 1 });

describe("a worker thread", () => {
  it("sleeps without work, and applies a command that wakes it", async () => {
    const started = await start();
    await asleep(started);
    await started.commands.done(started.commands.send(COMMAND_CACHE_CLEAR, COMMAND_ARGS, () => {}));
    await asleep(started);
  });

  it("passes a quiescent point for each that waits, asleep or not", async () => {
    const started = await start();
    await asleep(started);
    const before = started.word(CONTROL_QUIESCENT);
    await Promise.all([started.worker.passed(), started.worker.passed()]);
    await started.worker.passed();
    expect(started.word(CONTROL_QUIESCENT)).toBeGreaterThanOrEqual(before + 2);
    expect(started.messages).toEqual([{ type: "started" }]);
  });

  it("stops when told, asleep or not", async () => {
    const started = await start();
    await asleep(started);
    await running.pop()!.stop();
    expect(started.word(CONTROL_WORKER_STATE)).toBe(WORKER_STOPPED);
    expect(started.deaths).toEqual([]);
  });

  it("that dies says why, and keeps nobody waiting", async () => {
    const started = await start();
    started.commands.send(COMMAND_FLOW_INSERT, COMMAND_ARGS + 8, (view, record) => {
      view.setUint32(record + COMMAND_ARGS, 0xffff_fff0, true); // a megaflow outside of linear memory: a trap
    });
    await started.worker.passed();
    await vi.waitFor(() =>
      expect(started.deaths.map(({ message }) => message)).toEqual(["memory access out of bounds"]),
    );
    await started.worker.passed();
  });
});
