/** The blog's lab on unmodified OVN. */
import { describe, expect, it } from "vitest";
import { OUR_SWITCH, type OvnLab } from "../../src/lab/ovn/ovn-lab.ts";
import { SERVERS } from "../../src/lab/topology.ts";
import { ovnLab, sharedOvnLab } from "./support/with-ovn-lab.ts";

async function expectCurls(lab: OvnLab): Promise<void> {
  const answers = (await lab.curls(20)).map(({ answer, error }) => answer ?? error);
  expect(new Set(answers)).toEqual(new Set(SERVERS.map(({ says }) => says)));
}

describe("unmodified OVN with Megaflow as its ovs-vswitchd", () => {
  const lab = sharedOvnLab();

  it("carries the blog's curls to both servers", () => expectCurls(lab()));

  it("carries them when the hosts' offloads are off", async () => {
    await expectCurls(await ovnLab({ switches: [{ ...OUR_SWITCH, offloads: false }] }));
  });

  it("does select groups in one pass when other_config says so, and OVS's way otherwise", async () => {
    const [chassis] = lab().chassis;
    const flows = () => chassis.appctl("dpctl/dump-flows");
    await chassis.vsctl("set", "Open_vSwitch", ".", "other_config:megaflow-select=one-pass");
    await expectCurls(lab());
    expect(await flows()).toContain("select(dp_hash(basis=0,alg=l4)");
    await chassis.vsctl("remove", "Open_vSwitch", ".", "other_config", "megaflow-select");
    await expectCurls(lab());
    expect(await flows()).toContain("actions:hash(l4(0)),recirc(");
    expect(await flows()).not.toContain("select(");
  });
});
