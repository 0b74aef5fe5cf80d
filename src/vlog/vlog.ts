/**
 * Log lines in OVS's form, `2026-11-22T17:28:33.597Z|00001|bridge|INFO|text`, with a level for each module and destination.
 *
 * Invariants: writing a line never throws. Lines are numbered in the order they were written, over all modules.
 * Not handled: syslog (its levels are kept and shown, nothing is sent), patterns other than OVS's own, rate limits.
 */
import { type Destination, destinations, type Level, passes } from "./level.ts";
import { LogFile } from "./log-file.ts";
import { modules } from "./modules.ts";

export interface Logger {
  emer(text: string): void;
  err(text: string): void;
  warn(text: string): void;
  info(text: string): void;
  dbg(text: string): void;
  /** Whether debug lines go anywhere: whoever has to work for one asks before. */
  isDebugging(): boolean;
}

type Limits = Record<Destination, Level>;

export class Vlog {
  readonly #defaults: Limits = { console: "info", syslog: "info", file: "info" };
  readonly #modules = new Map<string, Limits>();
  #file: LogFile | undefined;
  #lines = 0;

  constructor() {
    for (const module of modules) this.#modules.set(module, { ...this.#defaults });
  }

  get filePath(): string | undefined {
    return this.#file?.path;
  }

  logger(module: string): Logger {
    this.#limits(module);
    const write = (level: Level) => (text: string) => this.#write(module, level, text);
    return {
      emer: write("emer"),
      err: write("err"),
      warn: write("warn"),
      info: write("info"),
      dbg: write("dbg"),
      isDebugging: () => {
        const { file, console } = this.#limits(module);
        return (this.#file !== undefined && passes("dbg", file)) || passes("dbg", console);
      },
    };
  }

  /** undefined stands for all of them. */
  setLevel(module: string | undefined, destination: Destination | undefined, level: Level): void {
    const chosen = destination === undefined ? destinations : [destination];
    const set = (limits: Limits): void => {
      for (const one of chosen) limits[one] = level;
    };
    if (module !== undefined) {
      set(this.#limits(module));
      return;
    }
    set(this.#defaults);
    for (const limits of this.#modules.values()) set(limits);
  }

  hasModule(module: string): boolean {
    return this.#modules.has(module);
  }

  /** Modules by name, with their levels: what `vlog/list` shows. */
  list(): [module: string, levels: Readonly<Limits>][] {
    return [...this.#modules].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** @throws the system's error when the file cannot be opened. */
  openFile(path: string): void {
    this.#file?.close();
    this.#file = new LogFile(path);
    this.#write("vlog", "info", `opened log file ${path}`);
  }

  reopenFile(): void {
    this.#file?.reopen();
  }

  closeFile(): void {
    this.#file?.close();
  }

  #limits(module: string): Limits {
    let limits = this.#modules.get(module);
    if (limits === undefined) {
      limits = { ...this.#defaults };
      this.#modules.set(module, limits);
    }
    return limits;
  }

  #write(module: string, level: Level, text: string): void {
    const limits = this.#limits(module);
    const toFile = this.#file !== undefined && passes(level, limits.file);
    const toConsole = passes(level, limits.console);
    if (!toFile && !toConsole) return;
    const time = new Date().toISOString();
    const rest = `|${String(++this.#lines).padStart(5, "0")}|${module}|${level.toUpperCase()}|`;
    if (toFile) this.#file!.write(`${time}${rest}${text}\n`);
    if (toConsole) process.stderr.write(`${time.slice(0, 19)}Z${rest}${text}\n`);
  }
}
