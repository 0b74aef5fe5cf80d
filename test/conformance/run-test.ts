/**
 * One test of a suite, in network, mount and process namespaces of its own: whatever it makes or leaves is gone with
 * them, and runs side by side (the tests name their devices br0, ovs-p0 …) do not meet.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, parseOutcome } from "./outcome.ts";
import { type Source, writeSettings } from "./source.ts";
import { SCRIPTS, type SuiteName } from "./suite.ts";

export const OUR_DAEMON = fileURLToPath(new URL("../../src/cli/ovs-vswitchd", import.meta.url));

export interface RunSettings {
  readonly suite: SuiteName;
  readonly source: Source;
  /** Logs of tests that did not pass are kept below this folder, one folder a test. */
  readonly logs: string;
  /** The program under test, with ovs-vswitchd's command line. */
  readonly daemon: string;
  /** Seconds after which a test is ended. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

// In the new namespaces: an empty /run/netns, this network namespace's /sys, and loopback.
const PREPARE =
  "mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && mount -t sysfs sysfs /sys; ip link set lo up";
// --kill-child: when unshare dies, so does the first process of the namespace, and with it all others.
const ISOLATE = "unshare --net --mount --pid --fork --mount-proc --kill-child --propagation private".split(" ");

export async function runTest(number: number, settings: RunSettings): Promise<Outcome> {
  const { suite, source, logs, limit } = settings;
  const directory = join(logs, String(number));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeSettings(source, directory);
  // The suite takes the first program of a name: this one replaces the daemon and nothing else.
  const daemon = join(directory, "daemon");
  mkdirSync(daemon);
  writeFileSync(join(daemon, "ovs-vswitchd"), `#!/bin/sh\nexec ${settings.daemon} "$@"\n`);
  chmodSync(join(daemon, "ovs-vswitchd"), 0o755);

  const script = `${source.folder}/tests/${SCRIPTS[suite]}`;
  const path = `AUTOTEST_PATH=${daemon}:/usr/bin:/usr/sbin:${source.folder}/tests`;
  const shell = `${PREPARE}; exec bash ${script} ${path} ${number}`;
  const started = performance.now();
  const output = await outputOf([...ISOLATE, "bash", "-c", shell], directory, source, settings);
  const outcome = parseOutcome(number, output, (performance.now() - started) / 1000);
  if (outcome.result === "ok" || outcome.result === "skipped") rmSync(directory, { recursive: true, force: true });
  else writeFileSync(join(directory, "output"), output ?? `ended after ${limit} s\n`);
  return outcome;
}

/** What the command printed; undefined when it was ended at its time limit. */
function outputOf(
  [program, ...words]: readonly string[],
  cwd: string,
  source: Source,
  { limit, signal }: RunSettings,
): Promise<string | undefined> {
  const { PYTHONPATH: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd,
      env: { ...env, PATH: `${source.programs}:/usr/sbin:/usr/bin:/sbin:/bin`, PYTHON3: "/usr/bin/python3" },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGKILL",
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit * 1000);
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", () => {
      clearTimeout(timer);
      resolve(late ? undefined : Buffer.concat(chunks).toString());
    });
  });
}
