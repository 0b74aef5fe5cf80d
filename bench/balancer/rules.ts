/** The 528 rules that real OVN installed for the lab's topology, with the load balancer's group choosing by dp_hash or by fields. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RECORDED = new URL("../../test/data/reference/1-single-chassis/state/", import.meta.url);
const FLOWS = "ofctl-dump-flows-no-stats.txt";
const GROUPS = "ofctl-dump-groups.txt";

export interface Rules {
  /** A folder with both files: what `recordedRules` reads. Whoever asked removes it. */
  readonly folder: string;
  readonly flows: string;
  readonly groups: string;
}

/** `method`: "dp_hash", or "hash,fields(…)", as in ovs-ofctl's text. */
export function rulesFor(method: string): Rules {
  const folder = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
  const [flows, groups] = [join(folder, FLOWS), join(folder, GROUPS)];
  writeFileSync(flows, lines(FLOWS, "actions=").join("\n"));
  writeFileSync(
    groups,
    lines(GROUPS, "group_id=").join("\n").replaceAll("selection_method=dp_hash", `selection_method=${method}`),
  );
  return { folder, flows, groups };
}

function lines(file: string, mark: string): string[] {
  return readFileSync(new URL(file, RECORDED), "utf8")
    .split("\n")
    .filter((line) => line.includes(mark));
}
