/** Debian's ovs-appctl speaks to our control socket as it speaks to OVS. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedDaemon, serve } from "../unixctl/client.ts";
import { TestDaemon } from "../unixctl/test-daemon.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let served: ServedDaemon;
let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  served = await serve(daemon);
});
afterAll(() => served.close());

async function appctl(...words: string[]): Promise<Outcome> {
  try {
    return { code: 0, ...(await promisify(execFile)("ovs-appctl", ["-t", served.path, ...words])) };
  } catch (error) {
    const { code, stdout, stderr, message } = error as Outcome & Error;
    if (typeof code !== "number") throw new Error(`ovs-appctl (package openvswitch-common) cannot be run: ${message}`);
    return { code, stdout, stderr };
  }
}

describe("ovs-appctl", () => {
  it("prints the answer", async () => {
    expect(await appctl("version")).toEqual({ code: 0, stdout: "ovs-vswitchd (Open vSwitch) 3.1.0\n", stderr: "" });
  });

  it("ends with status 2 and the reason when a command is refused", async () => {
    const { code, stdout, stderr } = await appctl("fdb/show", "nosuch");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`no such bridge\novs-appctl: ${served.path}: server returned an error\n`);
  });

  it("hands arguments over as they were typed", async () => {
    await daemon.lab.add("table=0,priority=5,tcp,nw_dst=10.0.0.2 actions=output:2");
    const { stdout } = await appctl(
      "ofproto/trace",
      "br-int",
      "in_port=p1,tcp,nw_dst=10.0.0.2",
      "--ct-next",
      "trk,new",
    );
    expect(stdout).toMatch(/ 0\. tcp,nw_dst=10\.0\.0\.2, priority 5\n {4}output:2\n/);
    expect(stdout).toMatch(/Datapath actions: 3\n$/);
  });

  it("prints nothing when there is nothing to say", async () => {
    expect(await appctl("revalidator/wait")).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
