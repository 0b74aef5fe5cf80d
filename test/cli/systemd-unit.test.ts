import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemdUnit } from "../../src/cli/commands/systemd-unit.ts";

it("the unit starts the program given and ends the packaged ovs-vswitchd", () => {
  const unit = systemdUnit("/opt/megaflow/src/cli/ovs-vswitchd");
  expect(unit).toContain("ExecStart=/opt/megaflow/src/cli/ovs-vswitchd unix:/run/openvswitch/db.sock ");
  expect(unit).toContain("Conflicts=ovs-vswitchd.service\n");
});

it("the unit names sections and keys that systemd knows, each once", () => {
  const lines = systemdUnit("/x").split("\n");
  expect(lines.filter((line) => line.startsWith("["))).toEqual(["[Unit]", "[Service]", "[Install]"]);
  const keys = lines.filter((line) => line.includes("=")).map((line) => line.slice(0, line.indexOf("=")));
  expect(new Set(keys).size).toBe(keys.length);
  const analyze = spawnSync("systemd-analyze", ["--version"]);
  if (analyze.status !== 0) return;
  const folder = mkdtempSync(join(tmpdir(), "megaflow-unit-"));
  try {
    const file = join(folder, "megaflow.service");
    writeFileSync(file, systemdUnit("/bin/true"));
    const { stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("megaflow.service:"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
