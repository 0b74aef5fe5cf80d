import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { installPackages, missingPackages } from "../../src/lab/ovn-daemons.ts";
import { OUR_SWITCH, OvnLab } from "../../src/lab/ovn-lab.ts";

async function ovnLab(offloads: boolean): Promise<OvnLab> {
  const missing = missingPackages();
  if (missing.length > 0) await installPackages(missing);
  const directory = mkdtempSync(join(tmpdir(), "megaflow-ovn-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const lab = await OvnLab.up({ switchProgram: OUR_SWITCH, offloads }, directory);
  onTestFinished(() => lab.down());
  return lab;
}

describe("unmodified OVN with Megaflow as its ovs-vswitchd", () => {
  for (const offloads of [true, false]) {
    it(`carries the blog's curls to both servers, the hosts' offloads ${offloads ? "on" : "off"}`, async () => {
      const lab = await ovnLab(offloads);
      const answers = (await lab.curls(20)).map(({ answer, error }) => answer ?? error);
      expect(new Set(answers)).toEqual(new Set(["i am master", "i am slaver"]));
    });
  }

  it("shows its rules and its group to ovs-ofctl, its connections to ovs-appctl", async () => {
    const lab = await ovnLab(true);
    await lab.curls(3);
    const ofctl = (...words: string[]) => lab.daemons.run(["ovs-ofctl", "-O", "OpenFlow15", ...words]);
    expect((await ofctl("dump-flows", "br-int")).trim().split("\n").length).toBeGreaterThan(500);
    expect(await ofctl("dump-groups", "br-int")).toMatch(/group_id=1,type=select,selection_method=dp_hash,bucket=/);
    const connections = await lab.daemons.run(["ovs-appctl", "-t", "ovs-vswitchd", "dpctl/dump-conntrack"]);
    expect(connections.match(/orig=\(src=2\.1\.1\.10,dst=1\.1\.1\.50,/g)).toHaveLength(3);
  });
});
