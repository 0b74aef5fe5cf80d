/**
 * ovs-vswitchd's command line, as ovs-ctl, init scripts and test suites write it.
 *
 * Options that mean nothing here (dpdk's, syslog's, keys for ssl) are taken and ignored, so that nobody's script breaks.
 */
import { isAbsolute, resolve } from "node:path";

export interface Directories {
  readonly run: string;
  readonly log: string;
}

export interface VswitchdOptions {
  readonly database: string;
  readonly detach: boolean;
  readonly monitor: boolean;
  readonly changeDirectory: boolean;
  /** Absolute; undefined: none is written. */
  readonly pidFile?: string;
  readonly overwritePidFile: boolean;
  /** Absolute; undefined: none is written. */
  readonly logFile?: string;
  /** In their order: `ANY:file:dbg`. */
  readonly levels: readonly string[];
  /** Absolute, without the process id where it has the default name; undefined: no control socket. */
  readonly control: string | "default" | undefined;
  /** Controllers' sockets stay in the daemon's own directory. */
  readonly confined: boolean;
  /** Ports in memory and a clock that stands still, for OVS's own test suite. */
  readonly dummy: false | "enabled" | "override" | "system";
}

export type CommandLine =
  | { readonly kind: "run"; readonly options: VswitchdOptions }
  | { readonly kind: "help" | "version" };

/** What is wrong with the command line. */
export class UsageError extends Error {}

export function directories(environment: NodeJS.ProcessEnv): Directories {
  return {
    run: environment.OVS_RUNDIR || "/var/run/openvswitch",
    log: environment.OVS_LOGDIR || "/var/log/openvswitch",
  };
}

/** Options with an argument of their own that is of no use here. */
const ignoredWithValue: ReadonlySet<string> = new Set([
  "syslog-method",
  "syslog-target",
  "user",
  "private-key",
  "certificate",
  "ca-cert",
  "peer-ca-cert",
  "bootstrap-ca-cert",
  "ssl-protocols",
  "ssl-ciphers",
  "dummy-numa",
]);
const ignored: ReadonlySet<string> = new Set(["mlockall", "disable-system", "disable-system-route", "dpdk"]);

/** @throws UsageError */
export function parseOptions(words: readonly string[], { run, log }: Directories, directory: string): CommandLine {
  const queue = [...words];
  const parsed = {
    database: `unix:${run}/db.sock`,
    detach: false,
    monitor: false,
    changeDirectory: true,
    pidFile: undefined as string | undefined,
    overwritePidFile: false,
    logFile: undefined as string | undefined,
    levels: [] as string[],
    control: "default" as string | undefined,
    confined: true,
    dummy: false as VswitchdOptions["dummy"],
  };
  const inRun = (name: string): string => (isAbsolute(name) ? name : resolve(directory, run, name));
  const rest: string[] = [];
  while (queue.length > 0) {
    const word = queue.shift()!;
    if (word === "--") {
      rest.push(...queue.splice(0));
      continue;
    }
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      continue;
    }
    if (!word.startsWith("--")) {
      if (word === "-h") return { kind: "help" };
      if (word === "-V") return { kind: "version" };
      if (word.startsWith("-v")) parsed.levels.push(word.slice(2) || "any:any:dbg");
      else if (/^-[pcC]/.test(word)) word.length > 2 || queue.shift();
      else throw new UsageError(`invalid option -- '${word[1]}'`);
      continue;
    }
    const [, name, value] = /^--([^=]*)(?:=(.*))?$/s.exec(word)!;
    switch (name) {
      case "help":
      case "version":
        return { kind: name };
      case "detach":
        parsed.detach = true;
        break;
      case "monitor":
        parsed.monitor = true;
        break;
      case "no-chdir":
        parsed.changeDirectory = false;
        break;
      case "pidfile":
        parsed.pidFile = inRun(value || "ovs-vswitchd.pid");
        break;
      case "overwrite-pidfile":
        parsed.overwritePidFile = true;
        break;
      case "log-file":
        parsed.logFile = resolve(directory, value || `${log}/ovs-vswitchd.log`);
        break;
      case "verbose":
        parsed.levels.push(value || "any:any:dbg");
        break;
      case "unixctl": {
        const path = value ?? queue.shift();
        if (path === undefined) throw new UsageError("option '--unixctl' requires an argument");
        parsed.control = path === "none" ? undefined : inRun(path);
        break;
      }
      case "no-self-confinement":
        parsed.confined = false;
        break;
      case "enable-dummy":
        parsed.dummy = value === "override" || value === "system" ? value : "enabled";
        break;
      default:
        if (ignoredWithValue.has(name)) {
          if (value === undefined) queue.shift();
        } else if (!ignored.has(name)) {
          throw new UsageError(`unrecognized option '--${name}'`);
        }
    }
  }
  if (rest.length > 1) throw new UsageError("at most one non-option argument accepted; use --help for usage");
  if (rest.length === 1) parsed.database = rest[0];
  return { kind: "run", options: parsed };
}

export function controlPath({ control }: VswitchdOptions, { run }: Directories, pid: number): string | undefined {
  return control === "default" ? `${run}/ovs-vswitchd.${pid}.ctl` : control;
}
