/** What a run needs of the machine: root, the fast path, and Debian packages. Each lack is one sentence. */
import { existsSync, readFileSync } from "node:fs";
import { CommandError, EXIT_MISSING } from "../../src/control/command-error.ts";
import { builtModule } from "../../src/lab/requirements.ts";
import { tryProgram } from "../../src/lab/run-program.ts";
import { rows } from "./suite.ts";

const PACKAGES: readonly string[] = rows(readFileSync(new URL("packages.txt", import.meta.url), "utf8")).flat();

export async function missingPackages(): Promise<string[]> {
  const { stdout } = await tryProgram(["dpkg-query", "--status", ...PACKAGES]);
  const installed = new Set(
    [...stdout.matchAll(/^Package: (.*)\nStatus: install ok installed$/gm)].map(([, name]) => name),
  );
  return PACKAGES.filter((name) => !installed.has(name));
}

/** @throws CommandError naming what is missing. */
export async function checkRequirements(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new CommandError("the suites make network namespaces and devices: run them as root", EXIT_MISSING);
  }
  if (!existsSync(builtModule())) {
    throw new CommandError('the fast path is not built: run "npm run build"', EXIT_MISSING);
  }
  const missing = await missingPackages();
  if (missing.length > 0) {
    const names = missing.join(" ");
    throw new CommandError(
      `Debian packages are missing: --install installs them, or "apt-get install --no-install-recommends ${names}"`,
      EXIT_MISSING,
    );
  }
}
