/** The blog's lab on unmodified OVN. */
import { describe, expect, it } from "vitest";
import { OUR_SWITCH } from "../../src/lab/ovn/ovn-lab.ts";
import { ovnLab } from "./support/with-ovn-lab.ts";

describe("unmodified OVN with Megaflow as its ovs-vswitchd", () => {
  it.each([true, false])("carries the blog's curls to both servers, the hosts' offloads on: %s", async (offloads) => {
    const lab = await ovnLab({ switches: [{ ...OUR_SWITCH, offloads }] });
    const answers = (await lab.curls(20)).map(({ answer, error }) => answer ?? error);
    expect(new Set(answers)).toEqual(new Set(["i am master", "i am slaver"]));
  });
});
