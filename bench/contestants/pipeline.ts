/** Rules that Megaflow and OVS get alike, as the files that `ovs-ofctl` and `recordedRules` read. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pipeline {
  /** In ovs-ofctl's words, one a line. */
  readonly flows: readonly string[];
  readonly groups: readonly string[];
  /** For ovs-ofctl add-tlv-map, where the rules name tunnel metadata. */
  readonly tunnelOption?: string;
}

/** The one rule of a switch that does no more than it must. */
export const LEARNING_SWITCH: Pipeline = { flows: ["priority=0 actions=normal"], groups: [] };

export interface PipelineFiles {
  /** Has both files; whoever asked for it removes it. */
  readonly folder: string;
  readonly flows: string;
  readonly groups: string;
}

export function writePipeline({ flows, groups }: Pipeline): PipelineFiles {
  const folder = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  const files = { folder, flows: join(folder, "dump-flows.txt"), groups: join(folder, "dump-groups.txt") };
  writeFileSync(files.flows, `${flows.join("\n")}\n`);
  writeFileSync(files.groups, `${groups.join("\n")}\n`);
  return files;
}
