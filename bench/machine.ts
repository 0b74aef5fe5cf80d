/** The machine a run took place on, and whether it had something else to do. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Machine } from "./schema.ts";

const ROOT = new URL("../", import.meta.url);
const DEBIAN_PACKAGES = ["openvswitch-switch", "nftables", "iproute2"];
const OWN_PACKAGES = ["assemblyscript", "benchmark", "koffi"];
const DPKG_FORMAT = ["Package", "Version", "db:Status-Status"]
  .map((field) => `$\{${field}}`)
  .join("\t")
  .concat("\n");
/** More than this of the processors' time in other hands, and figures are not to be trusted. */
const BUSY = 0.1;
const BUSY_INTERVAL = 500;

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    processors: processors.length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    packages: { ...ownPackages(), ...debianPackages() },
    revision: revision(),
    load: loadavg(),
    busy: await busyShare(BUSY_INTERVAL),
  };
}

/** A loud sentence when others use the machine; undefined when it is quiet. */
export function busyWarning({ busy, load, processors }: Machine): string | undefined {
  if (busy <= BUSY && load[0] < processors) return undefined;
  return (
    `THE MACHINE IS BUSY: others use ${(busy * 100).toFixed(0)} % of the processors, the load average is ` +
    `${load[0].toFixed(2)}. The figures below show it; only ratios within a round mean something.`
  );
}

export function machineText(machine: Machine): string[] {
  const { processor, processors, memoryBytes, kernel, node, v8, packages, revision, load, busy } = machine;
  return [
    `${processors} × ${processor}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, Linux ${kernel}, Node ${node} (V8 ${v8})`,
    `megaflow ${revision}; ${Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
    `load average ${load.map((value) => value.toFixed(2)).join(" ")}, others use ${(busy * 100).toFixed(0)} % of the processors`,
  ];
}

function ownPackages(): Record<string, string> {
  return Object.fromEntries(
    OWN_PACKAGES.flatMap((name) => {
      try {
        const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, ROOT), "utf8"));
        return [[name, version as string]];
      } catch {
        return [];
      }
    }),
  );
}

function debianPackages(): Record<string, string> {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", DPKG_FORMAT, ...DEBIAN_PACKAGES], { encoding: "utf8" });
  const lines = (stdout ?? "").split("\n").map((line) => line.split("\t"));
  return Object.fromEntries(
    lines.flatMap(([name, version, state]) => (state === "installed" ? [[name, version]] : [])),
  );
}

function revision(): string {
  const git = (...words: string[]) => spawnSync("git", words, { cwd: ROOT, encoding: "utf8" });
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit.status !== 0) return "unknown";
  // Figures are no code: a run that writes them does not change what the next one measures.
  const changed = git("status", "--porcelain", "--untracked-files=no", ".", ":!bench/results").stdout.trim() !== "";
  return commit.stdout.trim() + (changed ? "-dirty" : "");
}

/** Share of all processors' time that is not idle over `milliseconds` in which this process does nothing. */
async function busyShare(milliseconds: number): Promise<number> {
  const before = processorTimes();
  await delay(milliseconds);
  const after = processorTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

function processorTimes(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
