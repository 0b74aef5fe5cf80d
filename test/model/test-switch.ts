/** A switch in this thread with test ports p1, p2, … numbered 1, 2, …, rules in ovs-ofctl's text, and a clock of its own. */
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { Switch, type SwitchOptions } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../src/slowpath/tables/group-text.ts";
import type { FlowMod, Modification } from "../../src/slowpath/tables/modification.ts";

export class TestSwitch {
  readonly datapath: LocalDatapath;
  readonly switch: Switch;

  private constructor(options: Partial<SwitchOptions>) {
    this.datapath = new LocalDatapath({ seed: 7 });
    this.switch = new Switch({ ...options, datapath: this.datapath, now: () => this.datapath.now, timers: false });
  }

  static async start(ports: number, options: Partial<SwitchOptions> = {}): Promise<TestSwitch> {
    const made = new TestSwitch(options);
    for (let number = 1; number <= ports; number++) {
      await made.switch.ports.add({ kind: "test", name: `p${number}` }, { ofport: number });
    }
    return made;
  }

  get bridge() {
    return this.switch.bridge();
  }

  /** "table=0,priority=1,ip actions=output:2"; groups begin with "group_id=". */
  modifications(lines: readonly string[]): Modification[] {
    const context = { ports: this.bridge.portNames };
    return lines.map((line) =>
      line.startsWith("group_id=") ? parseGroup(line, "add_or_mod", context) : parseFlowLine(line, context),
    );
  }

  async add(...lines: string[]): Promise<void> {
    await this.switch.apply(this.modifications(lines));
  }

  async delete(...lines: string[]): Promise<void> {
    const flows = this.modifications(lines.map((line) => `${line} actions=drop`)) as FlowMod[];
    await this.switch.apply(flows.map((flow) => ({ ...flow, command: "delete_strict" })));
  }

  /** Sends a frame in by a port and returns what comes out, as "port:hex", in order of ports. */
  send(port: number, frame: Uint8Array): string[] {
    return this.sendAll([[port, frame]]);
  }

  sendAll(frames: readonly (readonly [number, Uint8Array])[]): string[] {
    for (const [port, frame] of frames) this.datapath.inject(this.datapathPort(port), frame);
    this.datapath.run();
    return this.bridge
      .ports()
      .flatMap(({ number, datapathPort }) =>
        datapathPort === undefined
          ? []
          : this.datapath
              .takeTransmitted(datapathPort)
              .map(({ bytes }) => `${number}:${Buffer.from(bytes).toString("hex")}`),
      );
  }

  /** Ports a frame leaves by. */
  portsOf(port: number, frame: Uint8Array): number[] {
    return this.send(port, frame).map((text) => Number.parseInt(text, 10));
  }

  datapathPort(port: number): number {
    return this.bridge.port(port)!.datapathPort!;
  }

  /** Statistics of the rule that begins so in its table. */
  rule(table: number, priority: number) {
    return [...this.bridge.tables.rules()].find((rule) => rule.table === table && rule.priority === priority);
  }
}
