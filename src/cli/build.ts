/**
 * `npm run build`: compiles assembly/ into build/fastpath.wasm, and the same with the tests' own exports; then has Node compile what the
 * daemons run into build/compile-cache, which `megaflow` and `ovs-vswitchd` name to it: a start takes a third of the time, and without
 * the compiler of TypeScript in it a daemon is 30 MB smaller.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { layoutHash } from "../fastpath/layout-hash.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const asc = fileURLToPath(new URL("../../node_modules/assemblyscript/bin/asc.js", import.meta.url));
const compileCache = fileURLToPath(new URL("../../build/compile-cache", import.meta.url));

/** What the daemons import in their two threads, but what runs when it is imported. */
const DAEMON_MODULES = [
  "commands/list.ts",
  "daemon.ts",
  "vswitchd/daemon.ts",
  "vswitchd/monitor.ts",
  "vswitchd/open-log.ts",
  "vswitchd/options.ts",
  "vswitchd/pid-file.ts",
  "vswitchd/readiness.ts",
  "vswitchd/usage.ts",
  "../fastpath/worker-loop.ts",
];

/** Compiles one entry file with the named target of asconfig.json; exits with asc's status when that is not 0. */
function compile(entry: string, target: string): void {
  const words = [asc, entry, "--target", target, "--use", `LAYOUT_HASH=${layoutHash()}`];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function fillCompileCache(): void {
  const urls = DAEMON_MODULES.map((name) => JSON.stringify(new URL(name, import.meta.url).href));
  const script = `await Promise.all([${urls.join(", ")}].map((url) => import(url)));`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, NODE_NO_WARNINGS: "1" },
  });
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(new URL("../../build", import.meta.url), { recursive: true });
compile("assembly/index.ts", "release");
compile("test/assembly/index.ts", "test");
fillCompileCache();
