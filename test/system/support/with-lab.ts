/** A lab of a test's own: unique names, its own run directory, and nothing left behind whatever the test does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab } from "../../../src/lab/lab.ts";
import type { LabOptions } from "../../../src/lab/options.ts";

let labs = 0;

export async function withLab<Result>(
  options: Partial<LabOptions>,
  body: (lab: Lab) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "megaflow-test-"));
  try {
    const lab = await Lab.up(options, { directory, prefix: `mft${process.pid}x${++labs}`, stays: false });
    try {
      return await body(lab);
    } catch (error) {
      console.error(lab.daemonLog.split("\n").slice(-20).join("\n"));
      throw error;
    } finally {
      await lab.down();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
