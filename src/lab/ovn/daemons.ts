/**
 * Where programs of Open vSwitch and OVN run: one namespace, and one directory for their files, so that nothing of the machine's own OVS
 * is touched. Whoever empties the namespace has ended them all.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { inNamespace } from "../namespaces.ts";
import { identify, type ProcessIdentity, terminate } from "../processes.ts";
import { type ProgramResult, runProgram, tryProgram } from "../run-program.ts";

const VARIABLES = ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR", "OVN_RUNDIR", "OVN_DBDIR", "OVN_LOGDIR"];

/** Seconds that a client waits for its answer before it gives up. */
export const PATIENCE = 30;

export class Daemons {
  readonly namespace: string;
  readonly directory: string;

  constructor(namespace: string, directory: string) {
    this.namespace = namespace;
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** The name by which clients know the database server that serves NAME.db. */
  database(name: string): string {
    return `unix:${this.file(`${name}.sock`)}`;
  }

  /** Runs one of the tools beside the daemons: ovs-ofctl, ovs-appctl … */
  run(command: readonly string[]): Promise<string> {
    return runProgram(this.#inPlace(command));
  }

  /** As `run`; a status other than 0 is a result. */
  try(command: readonly string[]): Promise<ProgramResult> {
    return tryProgram(this.#inPlace(command));
  }

  /** Starts a daemon, which says by its own `--detach` when it serves. NAME.pid and NAME.log are its files. */
  start(program: string, words: readonly string[], name = basename(program)): Promise<string> {
    const files = [`--pidfile=${this.file(`${name}.pid`)}`, `--log-file=${this.file(`${name}.log`)}`];
    return this.run([program, ...words, ...files, "--detach", "--no-chdir", "-vconsole:off"]);
  }

  async createDatabase(name: string, schema: string): Promise<void> {
    await this.run(["ovsdb-tool", "create", this.file(`${name}.db`), schema]);
  }

  /** Several of them would all want the same control socket: each has one by its database's name. */
  serveDatabase(name: string): Promise<string> {
    const words = [
      this.file(`${name}.db`),
      `--remote=p${this.database(name)}`,
      `--unixctl=${this.file(`${name}.ctl`)}`,
    ];
    return this.start("ovsdb-server", words, name);
  }

  /** The process that wrote NAME.pid. */
  process(name: string): ProcessIdentity {
    return identify(Number(readFileSync(this.file(`${name}.pid`), "utf8")));
  }

  /** Ends a daemon and waits until it is gone: in order, or (no grace at all) by SIGKILL. */
  async stop(name: string, how: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const identity = this.process(name);
    if (how === "SIGKILL") process.kill(identity.pid, how);
    await terminate(identity);
  }

  log(name: string): string {
    return readFileSync(this.file(`${name}.log`), "utf8");
  }

  #inPlace(command: readonly string[]): string[] {
    return inNamespace(this.namespace, ["env", ...VARIABLES.map((name) => `${name}=${this.directory}`), ...command]);
  }
}
