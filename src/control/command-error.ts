/** What the exit status of `megaflow` says. */
export const EXIT_OK = 0;
/** The command was understood and failed: the daemon refused it, a curl was not answered, a check did not hold. */
export const EXIT_FAILED = 1;
/** The command line was wrong. */
export const EXIT_USAGE = 2;
/** Something this machine lacks: a running daemon, root, a program, the built module. */
export const EXIT_MISSING = 3;
/** Ended by SIGINT or SIGTERM, after cleaning up. */
export const EXIT_INTERRUPTED = 130;

/** An error whose message is the whole story for the person at the terminal: printed as one sentence, without a stack. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
