/** Labs of a test's own: unique names, their own run directory, and nothing left behind whatever the test does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { Lab } from "../../../src/lab/lab.ts";
import type { LabOptions } from "../../../src/lab/options.ts";

let labs = 0;

interface BuiltLab {
  readonly lab: Lab;
  remove(): Promise<void>;
}

async function build(options: Partial<LabOptions>): Promise<BuiltLab> {
  const directory = mkdtempSync(join(tmpdir(), "megaflow-test-"));
  try {
    const lab = await Lab.up(options, { directory, prefix: `mft${process.pid}x${++labs}`, stays: false });
    return { lab, remove: () => lab.down() };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A lab for one test: removed when the test is over, also when its time is. */
export async function withLab(options: Partial<LabOptions>, body: (lab: Lab) => Promise<void>): Promise<void> {
  const { lab, remove } = await build(options);
  onTestFinished(remove);
  try {
    await body(lab);
  } catch (error) {
    console.error(lab.daemonLog.split("\n").slice(-20).join("\n"));
    throw error;
  }
}

/** A lab for all tests of a `describe`; `prepare` runs once when it is up. */
export function sharedLab(options: Partial<LabOptions>, prepare?: (lab: Lab) => Promise<void>): () => Lab {
  let built: BuiltLab | undefined;
  beforeAll(async () => {
    built = await build(options);
    await prepare?.(built.lab);
  });
  afterAll(() => built?.remove());
  return () => built!.lab;
}
