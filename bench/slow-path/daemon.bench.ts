/** The daemon at rest: how soon it is ready, what it holds, what it uses while nothing happens. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { addNamespace, inNamespace, removeNamespaces } from "../../src/lab/namespaces.ts";
import { type ProcessIdentity, startProcess } from "../../src/lab/processes.ts";
import { type Bench, type Contestant, check, type Figures, turns } from "../bench.ts";
import { OvsInstance } from "../contestants/ovs-instance.ts";
import { lacks } from "../install.ts";
import { processSeconds } from "../processor-time.ts";

const START = "start to ready";
const RESIDENT = "resident memory";
const IDLE = "processor at rest";

interface DaemonContestant extends Contestant {
  /** Starts the daemon in the namespace, and gives its process when it is ready. */
  start(namespace: string): Promise<ProcessIdentity>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("../../src/cli/megaflow", import.meta.url));

class MegaflowDaemon implements DaemonContestant {
  readonly name = "megaflow daemon";
  readonly kind = "megaflow";
  #directory = "";

  missing(): string | undefined {
    return process.getuid?.() === 0 ? undefined : "needs root";
  }

  start(namespace: string): Promise<ProcessIdentity> {
    this.#directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
    return startProcess({
      name: "the daemon",
      command: inNamespace(namespace, [PROGRAM, "daemon"]),
      logFile: join(this.#directory, "log"),
      stays: false,
      environment: { MEGAFLOW_RUNDIR: this.#directory },
    });
  }

  async stop(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** ovs-vswitchd alone; ovsdb-server is up before, as Megaflow's daemon needs none. */
class OvsDaemon implements DaemonContestant {
  readonly name = "ovs-vswitchd";
  readonly kind = "ovs";
  #rig: OvsInstance | undefined;

  missing(): string | undefined {
    return lacks("ovs");
  }

  async start(namespace: string): Promise<ProcessIdentity> {
    this.#rig = new OvsInstance(namespace);
    await this.#rig.startDatabase({});
    return this.#rig.startSwitch();
  }

  async stop(): Promise<void> {
    await this.#rig?.stop();
    this.#rig = undefined;
  }
}

const bench: Bench = {
  title: "the daemon at rest: start, memory, processor",
  async measure(session) {
    const seconds = session.quick ? 2 : 10;
    session.setting("seconds at rest", seconds);
    let count = 0;
    await session.compare<DaemonContestant, { name: string }>({
      contestants: [new MegaflowDaemon(), new OvsDaemon()],
      cases: [{ name: "without ports" }],
      metrics: [
        { name: START, unit: "ms", better: "lower" },
        { name: RESIDENT, unit: "MB", better: "lower" },
        { name: IDLE, unit: "% of a processor", better: "lower" },
      ],
      ...turns(session, 20, 1),
      measure: (daemon) => measureDaemon(daemon, `mfd${process.pid}x${count++}`, seconds),
    });
  },
};
export default bench;

async function measureDaemon(daemon: DaemonContestant, namespace: string, seconds: number): Promise<Figures> {
  await addNamespace(namespace);
  try {
    const start = performance.now();
    const { pid } = await daemon.start(namespace);
    const ready = performance.now() - start;
    await delay(500);
    const before = processSeconds(pid);
    await delay(seconds * 1000);
    const idle = (100 * (processSeconds(pid) - before)) / seconds;
    return { [START]: ready, [RESIDENT]: residentMegabytes(pid), [IDLE]: idle };
  } finally {
    await daemon.stop();
    await removeNamespaces([namespace]);
  }
}

function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  check(kibibytes !== undefined, `process ${pid} is gone`);
  return (Number(kibibytes) * 1024) / 1e6;
}
