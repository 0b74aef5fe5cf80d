/** The embedded control plane on a real switch whose ports are in memory: frames in, frames out, time as the test moves it. */
import { modificationsOf } from "../../../src/cli/northbound-changes.ts";
import { LocalDatapath } from "../../../src/fastpath/local-datapath.ts";
import { type Changes, Northbound } from "../../../src/northbound/northbound.ts";
import { connectPacketPath } from "../../../src/northbound/packet-path.ts";
import { Switch } from "../../../src/slowpath/switch.ts";
import { Timers } from "./timers.ts";

export class Network {
  readonly datapath = new LocalDatapath({ seed: 1 });
  readonly northbound: Northbound;
  readonly switch: Switch;
  readonly #ports = new Map<string, number>();
  readonly #timers = new Timers(this.datapath.now);

  private constructor(select: "one-pass" | "recirculate") {
    const now = () => this.datapath.now;
    this.northbound = new Northbound({ now, schedule: this.#timers.schedule });
    this.switch = new Switch({ datapath: this.datapath, select, now, timers: false });
    connectPacketPath(this.northbound, this.switch, this.switch.bridge());
    this.northbound.onChange((changes) => this.#apply(changes));
    this.#apply(this.northbound.everything());
  }

  /** Runs the commands, one a line, and binds a port of the switch to each logical port named. */
  static async make(
    commands: string,
    ports: readonly string[],
    select: "one-pass" | "recirculate" = "one-pass",
  ): Promise<Network> {
    const network = new Network(select);
    network.run(commands);
    for (const name of ports) await network.attach(name);
    return network;
  }

  async attach(logicalPort: string): Promise<void> {
    const port = await this.switch.ports.add({ kind: "test", name: logicalPort });
    this.#ports.set(logicalPort, port.datapathPort!);
    this.northbound.bind(logicalPort, port.number);
  }

  run(commands: string): string {
    const { stdout, stderr, exitCode } = this.northbound.runFile(commands);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Sends frames into a port; gives what came out, by port, ports without frames left out. */
  send(port: string, ...frames: readonly Uint8Array[]): Record<string, Uint8Array[]> {
    for (const frame of frames) this.datapath.inject(this.#ports.get(port)!, frame);
    return this.#takeOut();
  }

  /** Lets time pass; gives what came out meanwhile. */
  pass(milliseconds: number): Record<string, Uint8Array[]> {
    this.#timers.advance(milliseconds, (step) => this.datapath.advanceTime(step));
    return this.#takeOut();
  }

  #takeOut(): Record<string, Uint8Array[]> {
    this.datapath.run();
    const out: Record<string, Uint8Array[]> = {};
    for (const [name, number] of this.#ports) {
      const transmitted = this.datapath.takeTransmitted(number).map(({ bytes }) => bytes);
      if (transmitted.length > 0) out[name] = transmitted;
    }
    return out;
  }

  #apply(changes: Changes): void {
    for (const zone of changes.flushZones) this.datapath.conntrack.flush({ zone });
    this.switch.bridge().tables.apply(modificationsOf(changes, this.switch.bridge().portNames), this.datapath.now);
  }
}
