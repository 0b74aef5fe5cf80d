/** Labs of unmodified OVN, each with a name and a directory of its own; nothing is left behind whatever a test does. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFailed, onTestFinished } from "vitest";
import { OUR_SWITCH, OvnLab, type OvnLabOptions } from "../../../src/lab/ovn/ovn-lab.ts";
import { installPackages, missingPackages } from "../../../src/lab/ovn/packages.ts";

let labs = 0;

async function build(options: Partial<OvnLabOptions>): Promise<OvnLab> {
  const missing = missingPackages();
  if (missing.length > 0) await installPackages(missing);
  const directory = mkdtempSync(join(tmpdir(), "megaflow-ovn-"));
  const wanted = { switches: [OUR_SWITCH] as const, ...options };
  try {
    return await OvnLab.up(wanted, { directory, prefix: `mfo${process.pid}x${++labs}` });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The end of every switch's log. */
function lastWords(lab: OvnLab): string {
  return lab.chassis
    .filter(({ daemons }) => existsSync(daemons.file("ovs-vswitchd.log")))
    .map(({ daemons }) => daemons.log("ovs-vswitchd").split("\n").slice(-20).join("\n"))
    .join("\n");
}

/** A lab for one test. */
export async function ovnLab(options: Partial<OvnLabOptions> = {}): Promise<OvnLab> {
  const lab = await build(options);
  onTestFinished(() => lab.down());
  onTestFailed(() => console.error(lastWords(lab)));
  return lab;
}

/** A lab for all tests of a `describe`; `prepare` runs once when it is up. */
export function sharedOvnLab(
  options: Partial<OvnLabOptions> = {},
  prepare?: (lab: OvnLab) => Promise<unknown>,
): () => OvnLab {
  let lab: OvnLab | undefined;
  beforeAll(async () => {
    lab = await build(options);
    await prepare?.(lab);
  });
  afterAll(() => lab?.down());
  return () => lab!;
}
