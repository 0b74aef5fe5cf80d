/** The log file: appended to, line by line; opened anew when somebody has moved it away. */
import { closeSync, openSync, writeSync } from "node:fs";

export class LogFile {
  readonly path: string;
  #descriptor: number | undefined;

  /** @throws the system's error when the file cannot be opened. */
  constructor(path: string) {
    this.path = path;
    this.reopen();
  }

  reopen(): void {
    const descriptor = openSync(this.path, "a", 0o640);
    this.close();
    this.#descriptor = descriptor;
  }

  /** What is written afterwards is lost, until `reopen`. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  write(line: string): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, line);
    } catch {
      // A full disk must not stop the switch.
    }
  }
}
