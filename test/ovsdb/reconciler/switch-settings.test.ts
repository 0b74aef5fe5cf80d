import { describe, expect, it } from "vitest";
import { SwitchSettings } from "../../../src/ovsdb/reconciler/switch-settings.ts";
import { TestSwitch } from "../../model/test-switch.ts";
import { emptyUdp } from "../../openflow/ofctl.ts";

describe("other_config:megaflow-select", () => {
  it("changes how select groups are done, also for megaflows that are there, and back when it goes", async () => {
    const lab = await TestSwitch.start(3, { select: "recirculate" });
    const complaints: string[] = [];
    const settings = new SwitchSettings(lab.switch, (text) => complaints.push(text));
    await lab.add(
      "group_id=1,type=select,selection_method=dp_hash,bucket=output:2,bucket=output:3",
      "priority=1,in_port=1 actions=group:1",
    );
    const frame = Buffer.from(emptyUdp, "hex");
    const actions = (): string[] => [...lab.switch.megaflows].flatMap((flow) => flow.actions.map(({ type }) => type));
    const way = lab.portsOf(1, frame);
    expect(actions()).toContain("hash");
    settings.apply(new Map([["megaflow-select", "one-pass"]]));
    expect(lab.switch.select).toBe("one-pass");
    expect(actions()).toContain("select");
    expect(lab.portsOf(1, frame)).toEqual(way);
    settings.apply(new Map([["megaflow-select", "two-pass"]]));
    expect(complaints).toEqual(['other_config:megaflow-select is "two-pass": it can be one-pass or recirculate']);
    expect(lab.switch.select).toBe("one-pass");
    settings.apply(new Map());
    expect(actions()).not.toContain("select");
    expect(lab.portsOf(1, frame)).toEqual(way);
  });
});
