/** A daemon in this thread for ovs-appctl's commands: bridge br-int with test ports p1, p2, p3, its own port first. */
import type { SwitchBridge } from "../../src/slowpath/switch.ts";
import type { Vswitchd } from "../../src/unixctl/vswitchd.ts";
import { Vlog } from "../../src/vlog/vlog.ts";
import { TestSwitch } from "../model/test-switch.ts";
import { TestTunnels } from "./test-tunnels.ts";

export class TestDaemon implements Vswitchd {
  readonly version = "ovs-vswitchd (Open vSwitch) 3.1.0";
  readonly vlog = new Vlog();
  readonly lab: TestSwitch;
  readonly tunnels = new TestTunnels();
  readonly exits: boolean[] = [];
  datapathTypeName = "dummy";

  private constructor(lab: TestSwitch) {
    this.lab = lab;
    for (const destination of ["console", "syslog"] as const) this.vlog.setLevel(undefined, destination, "off");
  }

  static async start(ports: readonly string[] = ["p1", "p2", "p3"]): Promise<TestDaemon> {
    const lab = await TestSwitch.start(0, { select: "recirculate" });
    const { switch: owner } = lab;
    await owner.ports.add({ kind: "test", name: "br-int" }, { ofport: 65534 });
    for (const [i, name] of ports.entries()) await owner.ports.add({ kind: "test", name }, { ofport: i + 1 });
    return new TestDaemon(lab);
  }

  get switch() {
    return this.lab.switch;
  }

  bridges(): SwitchBridge[] {
    return [...this.switch.bridges()];
  }

  datapathType(): string {
    return this.datapathTypeName;
  }

  exit(cleanup: boolean): void {
    this.exits.push(cleanup);
  }
}
