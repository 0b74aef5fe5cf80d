/**
 * The daemon: datapath, switch, database, sockets.
 *
 * Invariants: `start` resolves when the switch is what the database wants and ovs-appctl is answered. After `close` nothing of
 *   it is left: no device, no socket, no timer. A database that is away is no reason to stop forwarding.
 */
import { WorkerDatapath } from "../../fastpath/worker-datapath.ts";
import { DatabaseClient } from "../../ovsdb/client.ts";
import { Reconciler } from "../../ovsdb/reconciler/reconciler.ts";
import { DATABASE, LOCK, SELECTION } from "../../ovsdb/reconciler/tables.ts";
import { Switch, type SwitchBridge } from "../../slowpath/switch.ts";
import { COMMANDS } from "../../unixctl/commands/list.ts";
import { COVERAGE_INTERVAL, CoverageHistory } from "../../unixctl/coverage-history.ts";
import { MegaflowHistory } from "../../unixctl/megaflow-history.ts";
import { serveUnixctl, type UnixctlServer } from "../../unixctl/server.ts";
import type { Vswitchd } from "../../unixctl/vswitchd.ts";
import type { Vlog } from "../../vlog/vlog.ts";
import { openBridge } from "./bridge-service.ts";
import { coverageCounts } from "./coverage.ts";
import { switchLog } from "./log.ts";
import { VERSION } from "./usage.ts";

export interface DaemonOptions {
  readonly database: string;
  /** Directory of the bridges' sockets. */
  readonly directory: string;
  /** Path of the control socket; undefined: none. */
  readonly control: string | undefined;
  readonly vlog: Vlog;
}

export class Daemon implements Vswitchd {
  readonly version = VERSION;
  readonly switch: Switch;
  readonly vlog: Vlog;
  readonly coverage: CoverageHistory;
  readonly megaflowHistory = new MegaflowHistory();
  /** Resolves when `exit` was asked for: whether with --cleanup. */
  readonly exitAsked: Promise<boolean>;
  readonly #client: DatabaseClient;
  readonly #reconciler: Reconciler;
  #askExit!: (cleanup: boolean) => void;
  #unixctl: UnixctlServer | undefined;
  readonly #observer: NodeJS.Timeout;

  static async start(options: DaemonOptions): Promise<Daemon> {
    const datapath = await WorkerDatapath.start();
    let daemon: Daemon;
    try {
      daemon = new Daemon(options, datapath);
    } catch (error) {
      await datapath.close();
      throw error;
    }
    try {
      await daemon.#serve(options);
      return daemon;
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  private constructor({ database, directory, vlog }: DaemonOptions, datapath: WorkerDatapath) {
    this.vlog = vlog;
    this.exitAsked = new Promise((resolve) => {
      this.#askExit = resolve;
    });
    this.switch = new Switch({ datapath, select: "recirculate", log: switchLog(vlog.logger("ofproto_dpif")) });
    this.coverage = new CoverageHistory(() => coverageCounts(this.switch));
    this.#observer = setInterval(() => this.#observe(), COVERAGE_INTERVAL).unref();
    this.#reconciler = new Reconciler({
      switch: this.switch,
      client: () => this.#client,
      openBridge: openBridge(this.switch, directory, vlog),
      log: vlog.logger("bridge"),
    });
    this.#client = new DatabaseClient({
      remote: database,
      database: DATABASE,
      tables: SELECTION,
      lock: LOCK,
      log: vlog.logger("reconnect"),
      changed: () => this.#reconciler.changed(),
    });
  }

  bridges(): SwitchBridge[] {
    return this.#reconciler.bridges().map(({ bridge }) => bridge);
  }

  usage(): Iterable<[name: string, count: number]> {
    return [["idl-cells-Open_vSwitch", this.#client.replica?.cells ?? 0]];
  }

  exit(cleanup: boolean): void {
    this.#askExit(cleanup);
  }

  async close(): Promise<void> {
    clearInterval(this.#observer);
    this.#client.close();
    await this.#reconciler.close();
    await this.#unixctl?.close();
    await this.switch.close();
  }

  #observe(): void {
    this.coverage.look();
    this.megaflowHistory.look(this.switch.megaflows.size, this.switch.sweepDuration);
  }

  async #serve({ control, vlog }: DaemonOptions): Promise<void> {
    if (control !== undefined) this.#unixctl = await serveUnixctl(control, COMMANDS, this, vlog.logger("unixctl"));
    await Promise.race([this.#reconciler.configured, this.exitAsked]);
    vlog.logger("bridge").info(VERSION);
  }
}
