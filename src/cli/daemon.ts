/**
 * The daemon's inside: a switch, the embedded northbound that programs it, and the ports that tie the two together.
 *
 * Invariants: when `run` or a change of ports returns, the switch forwards by it.
 */
import { setImmediate as nextTask } from "node:timers/promises";
import type { Logger } from "pino";
import type { Datapath, PortSpec } from "../fastpath/datapath.ts";
import { WorkerDatapath } from "../fastpath/worker-datapath.ts";
import { type Changes, Northbound, type Outcome } from "../northbound/northbound.ts";
import { connectPacketPath } from "../northbound/packet-path.ts";
import type { DatapathPortNames } from "../slowpath/odp/port-names.ts";
import { Switch, type SwitchBridge, type SwitchPort } from "../slowpath/switch.ts";
import type { SelectMode } from "../slowpath/translate/select.ts";
import { modificationsOf } from "./northbound-changes.ts";

export interface DaemonOptions {
  readonly select: SelectMode;
  /** The kernel forwards known flows between existing interfaces. */
  readonly hwOffload?: boolean;
  readonly log: Logger;
  /** A worker with the kernel's devices unless given. */
  readonly datapath?: Datapath;
}

export class Daemon {
  readonly switch: Switch;
  readonly northbound = new Northbound();
  readonly log: Logger;
  /** Changes of the northbound on their way into the switch. */
  #applying: Promise<void> = Promise.resolve();

  static async start({ select, hwOffload = false, log, datapath: given }: DaemonOptions): Promise<Daemon> {
    const datapath = given ?? (await WorkerDatapath.start());
    try {
      await datapath.setOffload(hwOffload);
    } catch (error) {
      await datapath.close();
      throw error;
    }
    return new Daemon(new Switch({ datapath, select, log }), log);
  }

  private constructor(made: Switch, log: Logger) {
    this.switch = made;
    this.log = log;
    this.northbound.onChange((changes) => this.#apply(changes));
    connectPacketPath(this.northbound, made, this.bridge);
    this.#apply(this.northbound.everything());
  }

  get bridge(): SwitchBridge {
    return this.switch.bridge();
  }

  /** Names of the datapath's ports, in the texts of megaflows. */
  get datapathPortNames(): DatapathPortNames {
    return {
      nameOf: (number) => this.switch.ports.owner(number)?.port.name,
      numberOf: (name) => this.bridge.portByName(name)?.datapathPort,
    };
  }

  /** The logical port that a port of the switch stands for. */
  interfaceId(port: SwitchPort): string | undefined {
    for (const [logicalPort, number] of this.northbound.bindings()) if (number === port.number) return logicalPort;
    return undefined;
  }

  async addPort(spec: PortSpec, ofport?: number, interfaceId?: string): Promise<void> {
    const { number } = await this.switch.ports.add(spec, { ofport });
    if (interfaceId !== undefined) this.northbound.bind(interfaceId, number);
    await this.#applying;
  }

  async removePort(name: string): Promise<void> {
    const port = this.bridge.portByName(name);
    const interfaceId = port && this.interfaceId(port);
    await this.switch.ports.remove(name);
    if (interfaceId !== undefined) this.northbound.unbind(interfaceId);
    await this.#applying;
  }

  /** A call of ovn-nbctl, or a file of calls. */
  async configure(call: readonly string[] | string): Promise<Outcome> {
    const outcome = typeof call === "string" ? await this.#runLines(call) : this.northbound.run(call);
    await this.#applying;
    return outcome;
  }

  async close(): Promise<void> {
    this.northbound.close();
    await this.switch.close();
  }

  async #runLines(text: string): Promise<Outcome> {
    const lines = this.northbound.runLines(text);
    for (let step = lines.next(); ; step = lines.next()) {
      if (step.done) return step.value;
      await nextTask();
    }
  }

  #apply(changes: Changes): void {
    for (const zone of changes.flushZones) this.switch.datapath.conntrack.flush({ zone });
    // The tables change before `apply` gives its promise; what is awaited is that the fast path follows.
    const applied = this.switch.apply(modificationsOf(changes, this.bridge.portNames));
    // Neither what earlier ones resolved to nor that one of them failed is carried on: there may be millions.
    const applying = Promise.allSettled([this.#applying, applied]).then(async () => void (await applied));
    this.#applying = applying;
    applying.catch((error: Error) => {
      this.log.error({ error: error.message }, "the northbound's rules were refused");
      if (this.#applying === applying) this.#applying = Promise.resolve();
    });
  }
}
