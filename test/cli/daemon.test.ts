import { setImmediate as nextTask } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Logger, pino } from "pino";
import { describe, expect, it } from "vitest";
import { Daemon } from "../../src/cli/daemon.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";

const silent = (): Logger => pino({ level: "silent" });

function startDaemon(): Promise<Daemon> {
  return Daemon.start({ select: "one-pass", log: silent(), datapath: new LocalDatapath() });
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await nextTask();
    collectGarbage();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe("the daemon", () => {
  it("keeps nothing of changes that are undone", async () => {
    const daemon = await startDaemon();
    await daemon.configure("ls-add ls1\nls-add ls2");
    const churn = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        await daemon.configure([
          "lb-add",
          "lb1",
          "9.9.9.9:80",
          "1.1.1.1:80,1.1.1.2:80",
          "--",
          "ls-lb-add",
          "ls1",
          "lb1",
        ]);
        await daemon.configure(["lb-del", "lb1"]);
      }
    };
    await churn(100);
    const before = await heap();
    await churn(300);
    expect(((await heap()) - before) / 600).toBeLessThan(8000); // bytes a change: its change set takes some 70 KB
    await daemon.close();
  });

  it("answers a refused change with its reason, and forgets it with the next one", async () => {
    const daemon = await startDaemon();
    const apply = daemon.switch.apply.bind(daemon.switch);
    daemon.switch.apply = () => Promise.reject(new Error("no room"));
    await expect(daemon.configure(["ls-add", "ls1"])).rejects.toThrow("no room");
    daemon.switch.apply = apply;
    expect((await daemon.configure(["ls-add", "ls2"])).exitCode).toBe(0);
    expect((await daemon.configure(["show"])).exitCode).toBe(0);
    await daemon.close();
  });

  it("lets other work through between the lines of a script", async () => {
    const daemon = await startDaemon();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const lines = Array.from({ length: 40 }, (_, i) => `ls-add switch${i}`).join("\n");
    expect((await daemon.configure(lines)).exitCode).toBe(0);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
    await daemon.close();
  });

  it("stops a script at the first line that fails; what ran before stays", async () => {
    const daemon = await startDaemon();
    const outcome = await daemon.configure("ls-add ls1\nls-add ls1\nls-add ls2");
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("ls-add ls1\n") });
    expect((await daemon.configure(["ls-list"])).stdout).toMatch(/\(ls1\)\n$/);
    await daemon.close();
  });
});
