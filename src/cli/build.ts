/** `npm run build`: compiles assembly/ into build/fastpath.wasm, and the same with the tests' own exports. */

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { layoutHash } from "../fastpath/layout-hash.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const asc = fileURLToPath(new URL("../../node_modules/assemblyscript/bin/asc.js", import.meta.url));

/** Compiles one entry file with the named target of asconfig.json; exits with asc's status when that is not 0. */
function compile(entry: string, target: string): void {
  const words = [asc, entry, "--target", target, "--use", `LAYOUT_HASH=${layoutHash()}`];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(new URL("../../build", import.meta.url), { recursive: true });
compile("assembly/index.ts", "release");
compile("test/assembly/index.ts", "test");
